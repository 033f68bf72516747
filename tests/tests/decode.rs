//! Whatever a file says, and whatever it is: it is refused, or what it says can be worked with. Nothing
//! panics, and nothing goes on for ever.
//!
//! `HOTMOD_DECODED` says how many manifests are made, and how many files, `HOTMOD_SEED` which, and
//! `HOTMOD_DECODED_FROM` with which of them it begins; `tests/long/decode.sh` makes millions.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hotmod::describe::decode::decode;
use hotmod::describe::{Description, FingerprintTable, Fingerprints};
use hotmod_file::contract;
use hotmod_file::snapshot::blocks::{BlockKind, BlockWriter, FileFlags, blocks};
use hotmod_host::plan::{self, Plan};
use hotmod_host::{Host, Pool, RestoreOptions, Snapshot, SnapshotOptions, Snapshots};
use hotmod_tests::fixture;
use hotmod_tests::garbled::{self, Manifest};
use hotmod_tests::interfaces::till::Till;
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
        contract::exports(
            description,
            description,
            &contract::Never,
            &|_, _| contract::Called::AsItRuns,
            &|_| contract::Called::AsItRuns,
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

/// A host with a pool of tills, and so many of them.
fn tills(count: u64) -> (Host, Pool<u64, dyn Till>) {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Till>(fixture::build("till"));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let tills = Pool::builder(&module).name("tills").build();
    let tills: Pool<u64, dyn Till> = tills.expect("a pool");
    for key in 0..count {
        tills.create(key, &format!("till {key}")).expect("a till");
        for coin in 0..key as u32 {
            tills
                .call(&key, |it| it.take(coin, "silver"))
                .expect("a call");
        }
    }
    (host, tills)
}

/// The same bytes, with some changed, taken out, put in or exchanged.
fn changed(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    for _ in 0..=numbers.below(3) {
        if bytes.is_empty() {
            return;
        }
        let (place, other) = (numbers.below(bytes.len()), numbers.below(bytes.len()));
        match numbers.below(7) {
            0 => bytes[place] ^= 1 << numbers.below(8),
            1 => bytes[place] = numbers.number() as u8,
            2 => bytes[place] = [0xff, 0x80, 0x7f, 0][numbers.below(4)],
            3 => drop(bytes.remove(place)),
            4 => bytes.insert(place, numbers.number() as u8),
            5 => bytes.truncate(place),
            _ => bytes.swap(place, other),
        }
    }
}

/// A file with a block that was changed, and digests that are right again.
fn garbled_snapshot(good: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let (found, _) = blocks(good);
    // Mostly the states: most changes of a description are refused at once.
    let which = match numbers.below(4) {
        0 => numbers.below(found.len()),
        _ => found.len() - 2,
    };
    let flags = FileFlags {
        without_secrets: numbers.below(4) == 0,
    };
    let mut to = BlockWriter::begin(Vec::new(), flags);
    to.compress(numbers.below(4) == 0);
    let mut says = Vec::new();
    for (place, block) in found.iter().enumerate() {
        let mut payload = block.payload.to_vec();
        if place == which {
            changed(&mut payload, numbers);
        }
        match block.kind {
            BlockKind::Footer => says = payload,
            // What is compressed was changed as it is in the file.
            kind if block.is_packed => {
                to.block_as_it_is(kind, true, &payload);
            }
            kind => to.block(kind, &payload),
        }
    }
    to.finish(&says).expect("memory").0
}

fn show(snapshot: &Snapshot) {
    for group in snapshot.groups() {
        for instance in snapshot.instances(group) {
            let _ = snapshot.show_key(group, &instance);
            let _ = snapshot.show(group, &instance);
        }
    }
}

#[test]
fn garbled_snapshots_are_refused_or_restored() {
    let (host, _tills) = tills(6);
    let good = [false, true].map(|compresses| {
        let options = SnapshotOptions::new().compress(compresses);
        let written = host.snapshot_to_with(Vec::new(), options);
        written.expect("a snapshot").0
    });
    let is_packed = |it: &[u8]| blocks(it).0.iter().any(|block| block.is_packed);
    assert!(is_packed(&good[1]));
    let (_restoring, restored) = tills(0);
    let module = hotmod_host::inspect(fixture::build("till")).expect("a module");
    let options = RestoreOptions::new().again(true);
    Count::run(1_000, |numbers| {
        let mut bytes = garbled_snapshot(&good[numbers.below(2)], numbers);
        if numbers.below(8) == 0 {
            changed(&mut bytes, numbers);
        }
        let Ok(snapshot) = Snapshot::of(bytes) else {
            return false;
        };
        show(&snapshot);
        let _ = snapshot.plan(module.manifest());
        let Ok(report) = restored.restore_with(&snapshot, options) else {
            return false;
        };
        let keys = restored.keys();
        assert_eq!(keys.len(), report.restored);
        for key in keys {
            // What was restored is whole.
            restored.call(&key, |it| it.sum()).expect("a till");
            restored.remove(&key).expect("a till");
        }
        true
    });
}

#[test]
fn garbled_snapshots_that_continue_others_are_refused_or_can_be_read() {
    let (host, tills) = tills(6);
    let directory = tempfile::tempdir().expect("a directory");
    let files = Snapshots::open(directory.path()).expect("a directory");
    let files = files
        .increments(1)
        .options(SnapshotOptions::new().compress(true));
    files.save(&host).expect("a snapshot");
    tills.call(&5, |it| it.take(7, "gold")).expect("a call");
    let (file, _) = files.save(&host).expect("a snapshot");
    let good = fs::read(&file).expect("a file");
    assert!(Snapshot::continues(&file).expect("a file"));
    Count::run(500, |numbers| {
        fs::write(&file, garbled_snapshot(&good, numbers)).expect("a file");
        match Snapshot::open(&file) {
            Ok(snapshot) => {
                show(&snapshot);
                true
            }
            Err(_) => false,
        }
    });
}
