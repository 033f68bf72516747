//! A damaged module is refused before the system's loader sees it, and what the loader would have
//! done is not made up.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use hotmod_tests::damage::{self, Damaged};

/// A module as a user builds it, without which none of this means anything: a check that refuses
/// everything would pass too.
fn good() -> Vec<u8> {
    let path = hotmod_tests::fixture::build("damage");
    if let Err(refusal) = hotmod_host::inspect(&path) {
        panic!("the undamaged module is refused: {refusal}");
    }
    fs::read(&path).expect("the undamaged module")
}

/// A directory of this test, gone with it.
struct Directory(tempfile::TempDir);

impl Directory {
    fn new() -> Directory {
        Directory(tempfile::tempdir().expect("a temporary directory"))
    }

    /// Writes each file under a name of its own: the loader must never see one path twice.
    fn write(&self, number: usize, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(format!("damaged-{number}.so"));
        fs::write(&path, bytes).expect("a damaged module");
        path
    }
}

fn refusal(path: &Path) -> Option<String> {
    hotmod_host::inspect(path)
        .err()
        .map(|refusal| refusal.to_string())
}

fn all_refused(list: &[Damaged]) {
    let directory = Directory::new();
    let accepted: Vec<_> = list
        .iter()
        .enumerate()
        .filter(|(number, damaged)| refusal(&directory.write(*number, &damaged.bytes)).is_none())
        .map(|(_, damaged)| format!("{} ({} bytes)", damaged.name, damaged.bytes.len()))
        .collect();
    assert!(accepted.is_empty(), "accepted: {accepted:#?}");
}

#[test]
fn the_address_of_one_export_in_anothers_place_is_refused() {
    const SYMBOL: usize = 24;
    const FUNCTION: u8 = 2;
    let good = good();
    let word = |at: usize| u64::from_le_bytes(good[at..at + 8].try_into().expect("eight bytes"));
    let table = damage::section(&good, ".dynsym");
    // The functions that the module exports, with their sizes.
    let functions = table.step_by(SYMBOL).filter(|at| {
        let section = u16::from_le_bytes([good[at + 6], good[at + 7]]);
        good[at + 4] & 15 == FUNCTION && section != 0
    });
    let functions: Vec<(usize, u64)> = functions.map(|at| (at, word(at + 16))).collect();
    let mut mixed = Vec::new();
    for (to, size) in &functions {
        for (from, other) in &functions {
            // Between functions of the same size, nothing tells.
            if size < other {
                let mut bytes = good.clone();
                bytes[to + 8..to + 16].copy_from_slice(&good[from + 8..from + 16]);
                mixed.push(bytes);
            }
        }
    }
    assert!(mixed.len() > 2, "{functions:x?}");
    let directory = Directory::new();
    for (number, bytes) in mixed.iter().enumerate() {
        let refusal = refusal(&directory.write(number, bytes));
        let refusal = refusal.unwrap_or_else(|| panic!("copy {number} is accepted"));
        assert!(refusal.contains("the whole function"), "{refusal}");
    }
}

/// How a process ends that opens `path` and looks `symbol` up.
fn probe(path: &Path, symbol: &str) -> ExitStatus {
    let mut probe = Command::new(env!("CARGO_BIN_EXE_dlopen_probe"));
    let output = probe.arg(path).arg(symbol).output().expect("the probe");
    output.status
}

fn is_killed(status: ExitStatus) -> bool {
    status.signal().is_some() || !matches!(status.code(), Some(0 | 1))
}

#[test]
fn every_kind_of_damage_is_refused() {
    let corpus = damage::corpus(&good());
    assert!(corpus.len() >= 100, "the corpus has {} kinds", corpus.len());
    all_refused(&corpus);
}

#[test]
fn a_module_cut_anywhere_is_refused() {
    all_refused(&damage::truncations(&good()));
}

#[test]
fn the_loader_dies_of_what_is_said_to_kill_it() {
    let good = good();
    let directory = Directory::new();
    let symbol = damage::exported_symbol(&good);
    assert_eq!(probe(&directory.write(0, &good), &symbol).code(), Some(0));

    let mut deadly = damage::corpus(&good);
    deadly.retain(|damaged| damaged.crashes);
    assert!(
        deadly.len() >= 50,
        "{} kinds are said to kill",
        deadly.len()
    );
    let survived: Vec<_> = deadly
        .iter()
        .enumerate()
        .map(|(number, damaged)| {
            (
                damaged.name,
                probe(&directory.write(number + 1, &damaged.bytes), &symbol),
            )
        })
        .filter(|(_, status)| !is_killed(*status))
        .collect();
    assert!(survived.is_empty(), "survived: {survived:#?}");
}
