//! Whatever a file says, and whatever it is: it is refused, or what it says can be worked with. Nothing
//! panics, and nothing goes on for ever.
//!
//! `HOTMOD_DECODED` says how many manifests are made, and how many files, `HOTMOD_SEED` which, and
//! `HOTMOD_DECODED_FROM` with which of them it begins; `tests/long/decode.sh` makes millions.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hotmod::describe::decode::decode;
use hotmod::describe::{Description, FingerprintTable, Fingerprints, diff};
use hotmod_host::plan::{self, Plan};
use hotmod_tests::fixture;
use hotmod_tests::garbled::{self, Manifest};
use hotmod_tests::mixed::{Numbers, Tables};

const TOOLCHAIN: &str = "rustc";

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// What became of very many.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    made: u64,
    refused: u64,
    accepted: u64,
    /// How long the slowest took, and which it was.
    slowest: (Duration, u64),
}

impl Count {
    /// Tries as many as are asked for, by default `few`; the numbers are those of each alone.
    fn run(few: u64, mut is_accepted: impl FnMut(&mut Numbers) -> bool) -> Self {
        let seed = number("HOTMOD_SEED").unwrap_or(11);
        let first = number("HOTMOD_DECODED_FROM").unwrap_or(0);
        let end = first + number("HOTMOD_DECODED").unwrap_or(few);
        let mut count = Count::default();
        for place in first..end {
            // Printed by a panic that it leads to.
            let named = Named(seed, place);
            let start = Instant::now();
            let is_accepted = is_accepted(&mut Numbers::of(seed, place));
            count.slowest = count.slowest.max((start.elapsed(), place));
            std::mem::forget(named);
            count.made += 1;
            count.accepted += u64::from(is_accepted);
            count.refused += u64::from(!is_accepted);
        }
        println!("seed {seed}, from {first}: {count:?}");
        assert!(count.refused > 0 && count.accepted > 0, "{count:?}");
        count
    }
}

/// Says, where something panics, of what.
struct Named(u64, u64);

impl Drop for Named {
    fn drop(&mut self) {
        println!("seed {}, input {}", self.0, self.1);
    }
}

/// Does with a description all that is done with one from its file.
fn work_with(description: &Description, good: &Description) {
    assert_eq!(
        diff::exports(
            description,
            description,
            &diff::Never,
            &|_, _| diff::Called::AsItRuns,
            &|_| diff::Called::AsItRuns,
        ),
        []
    );
    let table = FingerprintTable::new(description);
    for ty in description.types.keys() {
        assert_eq!(table.of(ty), Fingerprints::of(description, ty));
    }
    assert!(Plan::new(description, description).is_lossless());
    for (was, now) in [(good, description), (description, good)] {
        let mut differences = plan::differences(was, now);
        differences.extend(Plan::back(was, now).differences);
        for difference in differences {
            assert!(!difference.to_string().is_empty());
        }
    }
}

/// Those of modules.
fn manifests() -> Vec<Manifest> {
    let mut families = vec!["damage", "calls", "vessels"];
    if number("HOTMOD_DECODED").is_some() {
        families.extend(["realm", "wares", "identity", "foreign", "survey"]);
    }
    let read = |name| Manifest::of_module(&fs::read(fixture::build(name)).expect("a module"));
    let manifests: Vec<Manifest> = families.iter().copied().map(read).collect();
    if let Some(folder) = std::env::var_os("HOTMOD_SEEDS").map(PathBuf::from) {
        fs::create_dir_all(&folder).expect("a folder");
        for (name, manifest) in families.iter().zip(&manifests) {
            fs::write(folder.join(name), manifest.written()).expect("a seed");
        }
    }
    manifests
}

#[test]
fn a_manifest_is_refused_or_can_be_worked_with() {
    let manifests = manifests();
    let good: Vec<Description> = manifests
        .iter()
        .map(|manifest| decode(&manifest.written(), TOOLCHAIN).expect("a good one"))
        .collect();
    Count::run(2_000, |numbers| {
        let place = numbers.below(manifests.len());
        let other = &manifests[numbers.below(manifests.len())];
        let section = manifests[place].garbled(other, numbers);
        let Ok(description) = decode(&section, TOOLCHAIN) else {
            return false;
        };
        work_with(&description, &good[place]);
        true
    });
}

/// Modules, and libraries that other tools made.
fn files() -> Vec<Vec<u8>> {
    let mut files: Vec<Vec<u8>> = ["damage", "plain"]
        .map(|name| fs::read(fixture::build(name)).expect("a module"))
        .into();
    if number("HOTMOD_DECODED").is_some() {
        let libraries = ["libgcc_s.so.1", "libm.so.6", "libz.so.1", "libstdc++.so.6"];
        files.extend(libraries.iter().filter_map(|name| {
            let folder = format!("/lib/{}-linux-gnu", std::env::consts::ARCH);
            fs::read(Path::new(&folder).join(name)).ok()
        }));
    }
    files
}

#[test]
fn a_file_is_refused_or_can_be_worked_with() {
    let files = files();
    let tables: Vec<Tables> = files.iter().map(|file| Tables::of(file)).collect();
    let memory = Path::new("/dev/shm");
    let folder = match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    };
    let folder = folder.expect("a directory");
    let path = folder.path().join("garbled.so");
    let other = (&files[1][..], &tables[1]);
    Count::run(200, |numbers| {
        // Mostly the module.
        let place = [0, numbers.below(files.len())][numbers.below(2)];
        let (good, tables) = (&files[place], &tables[place]);
        let bytes = match numbers.below(4) {
            0 if place == 0 => tables.mix(good, other, numbers).1,
            1 if place == 0 => {
                let manifest = Manifest::of_module(good);
                let mut section = manifest.garbled(&manifest, numbers);
                let (start, end) = hotmod_tests::manifest::section(good);
                section.truncate(end - start);
                hotmod_tests::manifest::rewritten(good, &section)
            }
            _ => garbled::file(good, tables, numbers),
        };
        fs::write(&path, bytes).expect("a file");
        hotmod_host::inspect(&path).is_ok()
    });
}
