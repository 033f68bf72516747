//! The README and each chapter of the guide, whose examples are compiled as tests of this documentation.

include!(concat!(env!("OUT_DIR"), "/chapters.rs"));
