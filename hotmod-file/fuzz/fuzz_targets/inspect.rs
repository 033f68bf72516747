//! A file is refused, with reasons that can be told, or all that it says can be worked with.
//!
//! ```text
//! cargo test -p hotmod-tests --test damage  # leaves modules in `target/fixtures`
//! mkdir -p seeds && strip -o seeds/module.so ../../target/fixtures/target/debug/examples/libdamage_base.so
//! cargo +nightly fuzz run inspect corpus seeds -- -max_len=2000000
//! ```
#![no_main]

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use hotmod_file::{Comparison, Policy, inspect, verify};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

thread_local! {
    static FOLDER: OnceCell<(TempDir, PathBuf)> = const { OnceCell::new() };
}

fuzz_target!(|bytes: &[u8]| {
    FOLDER.with(|folder| {
        let (_, path) = folder.get_or_init(|| {
            let folder = match Path::new("/dev/shm").is_dir() {
                true => tempfile::tempdir_in("/dev/shm"),
                false => tempfile::tempdir(),
            };
            let folder = folder.expect("a directory");
            let path = folder.path().join("module.so");
            (folder, path)
        });
        std::fs::write(path, bytes).expect("a file");
        work_with(path);
    });
});

fn work_with(path: &Path) {
    let inspected = match inspect(path) {
        Ok(inspected) => inspected,
        Err(refusal) => {
            assert!(!refusal.to_string().is_empty());
            return;
        }
    };
    let _ = inspected.denied();
    let _ = inspected.starts_anew(std::iter::empty());
    if let Err(refusal) = verify(&inspected, &Policy::default(), None, |_| false) {
        assert!(!refusal.to_string().is_empty());
    }
    let same = Comparison::new(&inspected, &inspected);
    assert!(!same.update().iter().any(|it| it.to_string().is_empty()));
}
