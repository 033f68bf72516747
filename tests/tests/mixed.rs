//! Valid values in each other's place: what the checks of a file let through is loaded by a process
//! of its own, and does not end it, or is of a kind that only a digest can tell.
//!
//! `HOTMOD_MIXED` says how many copies are made, `HOTMOD_SEED` which, and `HOTMOD_MIXED_FROM` with
//! which of them it begins; `tests/long/mixed.sh` makes very many. With `HOTMOD_KEPT`, a directory,
//! copies that end a process are kept there.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use hotmod_tests::fixture::{BASE, Family};
use hotmod_tests::mixed::{Mix, Numbers, Tables};

/// What became of copies of one kind.
#[derive(Clone, Debug, Default)]
struct Count {
    made: u64,
    unchanged: u64,
    refused: u64,
    loaded: u64,
    failed: u64,
    /// How many ended the process, by what ended it.
    killed: BTreeMap<String, u64>,
}

/// One symbol, address or addend for another: the tables hold together, and the code finds something
/// else than its author meant. Nothing in the file says so.
fn only_a_digest_tells(mix: Mix) -> bool {
    matches!(mix, Mix::Relocations | Mix::Symbols | Mix::Other)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Loads modules, each in a process of its own.
struct Probe {
    process: Child,
    files: ChildStdin,
    ends: BufReader<ChildStdout>,
}

impl Probe {
    fn new() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_host_probe"))
            .arg("--each")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the probe");
        let files = process.stdin.take().expect("its input");
        let ends = BufReader::new(process.stdout.take().expect("its output"));
        Probe {
            process,
            files,
            ends,
        }
    }

    /// How a process that loads this file ends.
    fn ended(&mut self, file: &Path) -> String {
        writeln!(self.files, "{}", file.display()).expect("the probe runs");
        let mut end = String::new();
        self.ends.read_line(&mut end).expect("the probe runs");
        assert!(end.ends_with('\n'), "the probe ended: `{end}`");
        end.trim_end().to_owned()
    }

    fn end(self) {
        let Probe {
            mut process, files, ..
        } = self;
        drop(files);
        let ended = process.wait().expect("the probe");
        assert!(ended.success(), "{ended}");
    }
}

/// A file of which only what differs is written.
struct Written {
    path: PathBuf,
    file: File,
    bytes: Vec<u8>,
}

impl Written {
    fn new(path: PathBuf, bytes: &[u8]) -> Self {
        fs::write(&path, bytes).expect("a file");
        Written {
            file: OpenOptions::new().write(true).open(&path).expect("a file"),
            path,
            bytes: bytes.to_vec(),
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        const BLOCK: usize = 64;
        let old = self.bytes.chunks_mut(BLOCK);
        for (place, (old, new)) in old.zip(bytes.chunks(BLOCK)).enumerate() {
            if old != new {
                let at = (place * BLOCK) as u64;
                self.file.write_all_at(new, at).expect("a part of it");
                old.copy_from_slice(new);
            }
        }
    }
}

/// A family's base; small where very many copies are made of it.
fn built(name: &'static str) -> Vec<u8> {
    let family = Family::new(name);
    let family = match number("HOTMOD_MIXED") {
        Some(_) => family.release(),
        None => family,
    };
    fs::read(family.build().file(BASE)).expect("a library")
}

#[test]
fn what_is_let_through_is_loaded_or_only_a_digest_tells() {
    let (good, other) = (built("damage"), built("plain"));
    let (tables, theirs) = (Tables::of(&good), Tables::of(&other));
    let seed = number("HOTMOD_SEED").unwrap_or(7);
    let memory = Path::new("/dev/shm");
    let folder = match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    };
    let folder = folder.expect("a directory");
    let mut file = Written::new(folder.path().join("mixed.so"), &good);
    let kept = std::env::var_os("HOTMOD_KEPT").map(PathBuf::from);
    let mut probe = Probe::new();
    let mut counts: BTreeMap<Mix, Count> = BTreeMap::new();
    let mut deadly = Vec::new();
    let first = number("HOTMOD_MIXED_FROM").unwrap_or(0);
    for place in first..first + number("HOTMOD_MIXED").unwrap_or(500) {
        let mut numbers = Numbers::of(seed, place);
        let (mix, bytes) = tables.mix(&good, (&other, &theirs), &mut numbers);
        let count = counts.entry(mix).or_default();
        count.made += 1;
        if bytes == good {
            count.unchanged += 1;
            continue;
        }
        file.write(&bytes);
        if hotmod_host::inspect(&file.path).is_err() {
            count.refused += 1;
            continue;
        }
        match probe.ended(&file.path).as_str() {
            "0" => count.loaded += 1,
            "1" => count.failed += 1,
            ended => {
                *count.killed.entry(ended.to_owned()).or_default() += 1;
                if let Some(kept) = &kept {
                    let kept = kept.join(format!("{mix:?}-{seed}-{place}.so"));
                    fs::write(kept, &bytes).expect("a copy that is kept");
                }
                if !only_a_digest_tells(mix) {
                    deadly.push((mix, place, ended.to_owned()));
                }
            }
        }
    }
    probe.end();
    println!("seed {seed}, from copy {first}");
    for (mix, count) in &counts {
        println!("{mix:?}: {count:?}");
    }
    assert!(deadly.is_empty(), "seed {seed}: {deadly:#?}");
    let refused: u64 = counts.values().map(|it| it.refused).sum();
    assert!(refused > 0, "nothing was refused");
}
