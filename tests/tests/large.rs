//! A state of very many values that follow by themselves, under readers and writers at full speed, while versions come
//! and go: nothing is lost, and a model agrees at every moment.
//!
//! `tests/long/lazy.sh` has very many of them, and compares how long calls take with and without updates.

use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use hotmod_host::{Host, Module, NeededFor};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::vault::Vault;
use hotmod_tests::patience::until;

#[path = "large/crowd.rs"]
mod crowd;
#[path = "large/latency.rs"]
mod latency;

use crowd::{Crowd, Run};
use latency::Compared;

/// The containers that hold the entries: a map, a `Vec`, and a `Vec` of values that each hold some.
const KINDS: [&str; 3] = ["map", "row", "nested"];

const SECOND: Edit = ("version: \"1.0.0\"", "version: \"2.0.0\"");
const THIRD: Edit = ("version: \"1.0.0\"", "version: \"3.0.0\"");

const LEVEL: &[Edit] = &[
    (
        "    // more of an entry",
        "    #[state(default = 5)]\n    level: u8,\n    // more of an entry",
    ),
    (
        "        // more of a new entry",
        "        level: 0,\n        // more of a new entry",
    ),
];

/// Shelves and entries with a field more.
const RANKED: &[Edit] = &[
    (
        "    // more of an entry",
        "    #[state(default = 5)]\n    level: u8,\n    #[state(default = 7)]\n    rank: u64,",
    ),
    (
        "        // more of a new entry",
        "        level: 0,\n        rank: 0,",
    ),
    (
        "    // more of a shelf",
        "    #[state(default = 1)]\n    height: u8,",
    ),
];

/// Entries with a number that may not fit.
const CHECKED: Edit = ("    gold: u64,", "    #[state(checked)]\n    gold: u32,");

/// Entries that a function makes, which panics for one of them.
const MADE: Edit = (
    "// more items",
    "#[hotmod::migrate]
fn entry_of(old: &OldEntry) -> Entry {
    assert!(old.name != \"entry 13\", \"thirteen\");
    let OldEntry { name, gold, seen, open, tags } = old;
    Entry { name: name.clone(), gold: *gold, seen: *seen, open: *open, tags: tags.clone(), level: 6 }
}

#[derive(hotmod::OldState)]
#[state(id = \"Entry\")]
struct OldEntry {
    name: String,
    gold: u64,
    seen: u32,
    open: bool,
    tags: Vec<u16>,
}",
);

/// So much gold that it does not fit there.
const TOO_MUCH: u64 = 1 << 40;

static VAULT: LazyLock<Built> = LazyLock::new(|| {
    let of = |edits: &[&[Edit]]| edits.concat();
    let family = Family::new("vault")
        .variant("level", &of(&[&[SECOND], LEVEL]))
        .variant("ranked", &of(&[&[THIRD], RANKED]))
        .variant("checked", &[SECOND, CHECKED])
        .variant("made", &of(&[&[SECOND, MADE], LEVEL]));
    match given().is_some() {
        true => family.release().build(),
        false => family.build(),
    }
});

/// How many entries are asked for.
fn given() -> Option<u64> {
    let given = std::env::var("HOTMOD_ENTRIES").ok();
    given.map(|it| it.parse().expect("HOTMOD_ENTRIES is a number"))
}

fn entries() -> u64 {
    given().unwrap_or(3_000)
}

fn load() -> Module<dyn Vault> {
    let host = Host::builder().build().expect("a host");
    let loaded = host.load::<dyn Vault>(VAULT.file(BASE));
    loaded.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn update(module: &Module<dyn Vault>, variant: &str) {
    let updated = module.update(VAULT.file(variant));
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
}

fn roll_back(module: &Module<dyn Vault>) {
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
}

/// How many values are at other versions than the current one.
fn elsewhere(module: &Module<dyn Vault>) -> usize {
    let versions = module.versions();
    let others = versions
        .iter()
        .filter(|it| !it.needed.contains(&NeededFor::Current));
    let values = others.flat_map(|it| &it.needed).map(|needed| match needed {
        NeededFor::Values(values) => *values,
        _ => 0,
    });
    values.sum()
}

/// How often to look whether all values have moved: seldom, since looking takes its time from those who call.
const LOOK: Duration = Duration::from_millis(25);

/// Waits until all values but so many are at the current version. The threads that call have the processors.
fn until_moved(module: &Module<dyn Vault>, but: usize) {
    let patience = Instant::now() + Duration::from_secs(600);
    while elsewhere(module) != but {
        let left = elsewhere(module);
        assert!(
            Instant::now() < patience,
            "{left} values are elsewhere, not {but}"
        );
        thread::sleep(LOOK);
    }
}

/// How often all is done where waits are compared.
const ROUNDS: usize = 3;

/// Does this with a vault of each kind, under full load. Values go through these variants; those with these keys do not fit
/// there, and so many values do not in the end.
fn under_full_load(
    through: &'static [&'static str],
    unfit: &[u64],
    left: usize,
    steps: impl Fn(&Module<dyn Vault>, &Crowd, &mut Run<'_>),
) {
    for kind in KINDS {
        let one_value = match given() {
            Some(entries) => latency::one_value(kind, entries, through, unfit),
            None => Duration::ZERO,
        };
        let mut compared = Compared::new(kind);
        for _ in 0..given().map_or(1, |_| ROUNDS) {
            let module = load();
            let crowd = Crowd::new(&module, kind, entries());
            for key in unfit {
                crowd.earn(*key, TOO_MUCH);
            }
            crowd.run((&mut compared, one_value), |run| {
                run.quiet();
                steps(&module, &crowd, run);
            });
            crowd.check(left);
        }
        compared.check(1.0 - crowd::MOST);
    }
}

#[test]
fn all_values_move_there_and_back_under_full_load() {
    under_full_load(&["level"], &[], 0, |module, _, run| {
        run.during("update", || {
            update(module, "level");
            until_moved(module, 0);
        });
        run.during("rollback", || {
            roll_back(module);
            until_moved(module, 0);
        });
    });
}

#[test]
fn values_at_three_versions_all_come_to_the_last() {
    under_full_load(&["level", "ranked"], &[], 0, |module, crowd, run| {
        run.during("two updates at once", || {
            update(module, "level");
            // In the midst of the sweep, unless all have moved before this thread saw that some had.
            until(|| elsewhere(module) < crowd.values());
            update(module, "ranked");
            until_moved(module, 0);
        });
        run.during("rollback", || {
            roll_back(module);
            until_moved(module, 0);
        });
    });
}

#[test]
fn values_that_do_not_fit_stay_and_hold_up_none() {
    let unfit: Vec<u64> = (0..entries()).step_by(100).collect();
    under_full_load(&["checked"], &unfit, 0, |module, crowd, run| {
        run.during("update", || {
            update(module, "checked");
            until_moved(module, unfit.len());
            until(|| !crowd.vault.sweep(Duration::ZERO).values_remain);
        });
        run.during("rollback", || {
            roll_back(module);
            until_moved(module, 0);
        });
    });
}

#[test]
fn a_hook_that_panics_for_one_holds_up_none() {
    under_full_load(&["made"], &[], 1, |module, _, run| {
        run.during("update", || {
            update(module, "made");
            until_moved(module, 1);
        });
    });
}
