//! Valid values in each other's place: what the checks of a file let through is loaded by a process
//! of its own, and does not end it, or is of a kind that only a digest can tell.
//!
//! `HOTMOD_MIXED` says how many copies are made, `HOTMOD_SEED` which; `tests/long/mixed.sh` makes
//! very many.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use hotmod_tests::fixture::{self, BASE, Family};
use hotmod_tests::mixed::{Mix, Numbers, Tables};

/// What became of copies of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    made: u64,
    unchanged: u64,
    refused: u64,
    loaded: u64,
    failed: u64,
    killed: u64,
}

/// One symbol, address or addend for another: the tables hold together, and the code finds something
/// else than its author meant. Nothing in the file says so.
fn only_a_digest_tells(mix: Mix) -> bool {
    matches!(mix, Mix::Relocations | Mix::Symbols | Mix::Other)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn what_is_let_through_is_loaded_or_only_a_digest_tells() {
    let good = fs::read(fixture::build("damage")).expect("a module");
    let other = Family::new("plain").build().file(BASE);
    let other = fs::read(other).expect("a library");
    let (tables, theirs) = (Tables::of(&good), Tables::of(&other));
    let seed = number("HOTMOD_SEED").unwrap_or(7);
    let mut numbers = Numbers::new(seed);
    let memory = Path::new("/dev/shm");
    let folder = match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    };
    let folder = folder.expect("a directory");
    let file = folder.path().join("mixed.so");
    let mut counts: BTreeMap<Mix, Count> = BTreeMap::new();
    let mut deadly = Vec::new();
    for place in 0..number("HOTMOD_MIXED").unwrap_or(500) {
        let (mix, bytes) = tables.mix(&good, (&other, &theirs), &mut numbers);
        let count = counts.entry(mix).or_default();
        count.made += 1;
        if bytes == good {
            count.unchanged += 1;
            continue;
        }
        fs::write(&file, &bytes).expect("a copy");
        if hotmod_host::inspect(&file).is_err() {
            count.refused += 1;
            continue;
        }
        let mut probe = Command::new(env!("CARGO_BIN_EXE_host_probe"));
        let ended = probe.arg(&file).output().expect("the probe");
        match (ended.status.code(), ended.status.signal()) {
            (Some(0), _) => count.loaded += 1,
            (Some(1), _) => count.failed += 1,
            _ => {
                count.killed += 1;
                if !only_a_digest_tells(mix) {
                    let kept = std::env::temp_dir().join(format!("hotmod-mixed-{seed}-{place}.so"));
                    if number("HOTMOD_MIXED").is_some() {
                        fs::write(&kept, &bytes).expect("a copy that is kept");
                    }
                    deadly.push((mix, place, ended.status));
                }
            }
        }
    }
    println!("seed {seed}");
    for (mix, count) in &counts {
        println!("{mix:?}: {count:?}");
    }
    assert!(deadly.is_empty(), "seed {seed}: {deadly:#?}");
    let refused: u64 = counts.values().map(|it| it.refused).sum();
    assert!(refused > 0, "nothing was refused");
}
