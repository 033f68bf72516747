//! Tests of modules that are linked into their executable stand in `tests`; the modules beside.
