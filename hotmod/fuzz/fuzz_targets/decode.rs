//! The decoder takes whatever a file holds; what it lets through can be worked with.
//!
//! ```text
//! ../../tests/long/decode.sh 1  # writes the manifests of real modules to `seeds`
//! cargo +nightly fuzz run decode corpus seeds
//! ```
#![no_main]

use hotmod::describe::Fingerprints;
use hotmod::describe::decode::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|section: &[u8]| {
    let Ok(description) = decode(section, "rustc") else {
        return;
    };
    for ty in description.types.keys() {
        Fingerprints::of(&description, ty);
    }
});
