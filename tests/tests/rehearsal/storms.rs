//! Rehearsals while other threads do what they do: call, migrate, make and drop instances, load
//! modules, and ask.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use hotmod_tests::fixture::ForGood;
use hotmod_tests::interfaces::abacus::Abacus;
use hotmod_tests::interfaces::counter::Counter;
use hotmod_tests::numbered::Numbered;
use hotmod_tests::patience::Ended;

use super::*;

/// Every rod shows the same, or a call was met half-way.
const EVEN: &str = r#"
#[hotmod::preflight]
fn rods_are_even(frame: &mut Frame) -> Result<(), String> {
    let beads: Vec<u64> = frame.rods.iter().map(|rod| u64::from(rod.beads)).collect();
    match beads.iter().all(|of_rod| *of_rod == beads[0]) && beads.len() == RODS {
        true => Ok(()),
        false => Err(format!("{beads:?}")),
    }
}
"#;
/// Reads each rod as a whole, for which its form is compared.
const READ: &str = r#"
#[derive(hotmod::OldState)]
#[state(id = "Rod")]
struct OldRod {
    beads: u32,
    wood: [u64; 512],
}

#[hotmod::migrate]
fn rod(old: &hotmod::Old<'_>) -> Result<Rod, hotmod::OldError> {
    let old: &OldRod = old.read()?;
    Ok(Rod { beads: u64::from(old.beads), wood: old.wood })
}

#[hotmod::migrate(down)]
fn rod_back(new: &Rod) -> Result<OldRod, String> {
    let beads = u32::try_from(new.beads).map_err(|error| error.to_string())?;
    Ok(OldRod { beads, wood: new.wood })
}
"#;
const EARLY: &str = r#"
extern "C" fn constructor() {
    std::mem::forget(vec![1_u8; 100]);
}
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;
"#;
const WIDE: Edit = ("beads: u32,", "beads: u64,");

static ABACUSES: LazyLock<Built> = LazyLock::new(|| {
    let read = format!("{EVEN}{READ}").for_good();
    let early = format!("{EVEN}{READ}{EARLY}").for_good();
    Family::new("abacus")
        .variant("even", &[NEWER, (HOOKS, EVEN)])
        .variant("second", &[NEWER, WIDE, (HOOKS, read)])
        .variant("third", &[("\"1.0.0\"", "\"3.0.0\""), WIDE, (HOOKS, read)])
        .variant("early", &[("\"1.0.0\"", "\"4.0.0\""), WIDE, (HOOKS, early)])
        .build()
});

/// More than it takes on the slowest machine, unless it waits for ever.
fn patient() -> RehearsalOptions {
    RehearsalOptions::new().timeout(PATIENCE)
}

fn abacus(host: &Host) -> Module<dyn Abacus> {
    let module = host.load::<dyn Abacus>(ABACUSES.file(BASE));
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn created(module: &Module<dyn Abacus>) -> Instance<dyn Abacus> {
    module.create("").unwrap_or_else(|error| panic!("{error}"))
}

fn count(abacus: &mut Instance<dyn Abacus>) {
    let last = abacus.count().unwrap_or_else(|error| panic!("{error}"));
    let beads = abacus.beads().unwrap_or_else(|error| panic!("{error}"));
    assert!(beads.iter().all(|of_rod| *of_rod == last), "{beads:?}");
}

/// Does this again and again on a thread until the test is over, and counts how often.
fn until_over<'s>(
    scope: &'s thread::Scope<'s, '_>,
    (over, done): (&'s AtomicBool, &'s AtomicU64),
    mut work: impl FnMut() + Send + 's,
) {
    scope.spawn(move || {
        while !over.load(Ordering::Relaxed) {
            work();
            done.fetch_add(1, Ordering::Relaxed);
        }
    });
}

#[test]
fn a_state_that_is_in_no_call_is_whole_in_the_copy() {
    const TIMES: usize = 100;
    let host = Host::builder().build().expect("a host");
    let module = abacus(&host);
    // More memory to copy, so that the fork takes its time.
    let ballast = vec![1_u8; 64 << 20];
    let (over, calls) = (AtomicBool::new(false), AtomicU64::new(0));
    let (mut migrated, mut in_use) = (0, 0);
    thread::scope(|scope| {
        let _over = Ended(&over);
        for _ in 0..4 {
            let mut abacus = created(&module);
            until_over(scope, (&over, &calls), move || {
                abacus.count().expect("a call");
            });
        }
        for _ in 0..TIMES {
            let rehearsed = module.rehearse(ABACUSES.file("even"), &patient());
            let rehearsed = rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
            assert_eq!(rehearsed.migrated + rehearsed.in_use, 4);
            migrated += rehearsed.migrated;
            in_use += rehearsed.in_use;
        }
    });
    println!("{calls:?} calls; {migrated} whole, {in_use} in a call");
    // Else nothing was tried.
    assert!(migrated > 0 && in_use > 0);
    assert_eq!(
        ballast.iter().map(|byte| u64::from(*byte)).sum::<u64>(),
        64 << 20
    );
}

#[test]
fn nothing_that_other_threads_do_meanwhile_holds_a_copy_up() {
    const ROUNDS: usize = 10;
    // So many that they are on their way when the next rehearsal begins.
    const INSTANCES: usize = 300;
    let directory = tempfile::tempdir().expect("a directory");
    let numbered = Numbered::build(false);
    let host = Host::builder().allow_downgrade(true).build();
    let host = host.expect("a host");
    let module = abacus(&host);
    let counter = host.load::<dyn Counter>(numbered.write(directory.path(), 0));
    let counter = counter.unwrap_or_else(|refusal| panic!("{refusal}"));
    let (host, module, counter) = (&host, &module, &counter);
    let (numbered, directory) = (&numbered, directory.path());
    let over = AtomicBool::new(false);
    let [asked, read, called, made, loaded, told] = [const { AtomicU64::new(0) }; 6];
    thread::scope(|scope| {
        let _over = Ended(&over);
        // The history, the instances and the slots.
        until_over(scope, (&over, &asked), move || {
            assert!(!module.versions().is_empty());
        });
        // What the running version exports.
        until_over(scope, (&over, &read), move || {
            assert!(module.manifest().implementations.contains_key("Abacus"));
        });
        // The instances, and what hooks have compared.
        let mut abacuses: Vec<_> = (0..INSTANCES).map(|_| created(module)).collect();
        until_over(scope, (&over, &called), move || {
            abacuses.iter_mut().for_each(count);
            abacuses[0] = created(module);
        });
        // The slots, and what is kept for ever.
        until_over(scope, (&over, &made), move || {
            thread::scope(|scope| {
                scope.spawn(|| count(&mut created(module)));
            });
        });
        // The loader, the staging and the budget.
        let mut number = 0;
        until_over(scope, (&over, &loaded), move || {
            number += 1;
            let file = numbered.write(directory, number);
            let updated = counter.update(&file);
            updated.unwrap_or_else(|refusal| panic!("{refusal}"));
            fs::remove_file(file).expect("the module");
        });
        // A listener that comes and goes.
        until_over(scope, (&over, &told), move || {
            drop(host.events().try_next())
        });

        for round in 0..ROUNDS {
            let (next, other) = match round % 2 {
                0 => ("second", BASE),
                _ => (BASE, "second"),
            };
            // The version that ran before is known, and rehearsed without being loaded.
            for variant in [other, "third"] {
                let rehearsed = module.rehearse(ABACUSES.file(variant), &patient());
                let rehearsed = rehearsed.unwrap_or_else(|refusal| panic!("{round}: {refusal}"));
                let all = rehearsed.migrated + rehearsed.in_use;
                assert!((INSTANCES..INSTANCES + 4).contains(&all), "{rehearsed}");
            }
            let refused = module.rehearse(ABACUSES.file("early"), &patient());
            let refusal = refused.expect_err("a candidate that allocates too early");
            let (_, now) = fault(&refusal);
            assert!(now.contains("allocations were made before"), "{refusal}");
            let options = UpdateOptions::new().rehearse(patient());
            let updated = module.update_with(ABACUSES.file(next), &options);
            updated.unwrap_or_else(|refusal| panic!("{round}: {refusal}"));
        }
    });
    let done = [asked, read, called, made, loaded, told].map(AtomicU64::into_inner);
    println!("{done:?}");
    // Else nothing was tried.
    assert!(done.iter().all(|done| *done > 0), "{done:?}");
}
