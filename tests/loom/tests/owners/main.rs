//! How a migration proves that it alone owns what it converts (`hotmod-host/src/migrate/engine`:
//! `owners.rs` and `proof.rs`), against threads that own some of it and go from item to item: in every
//! interleaving that the memory model allows of some small programs. A proof without one of its parts
//! fails in some program.

mod arc;
mod models;
#[path = "../../../../hotmod-host/src/migrate/engine/proof.rs"]
#[allow(
    dead_code,
    reason = "what becomes of an item is no matter of its owners"
)]
mod proof;

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use models::{Threads, Without};

/// What became of a program.
#[derive(Clone, Copy, Debug)]
struct Tried {
    interleavings: usize,
    /// In how many of them all was proved.
    proved: usize,
}

/// Tries a migration against these threads.
///
/// # Errors
///
/// If two threads use one item at once.
fn check(threads: Threads, without: Without) -> Result<Tried, String> {
    let counts = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let counted = counts.clone();
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(move || {
            counted[0].fetch_add(1, Ordering::Relaxed);
            let is_proved = models::run(threads, without);
            counted[1].fetch_add(usize::from(is_proved), Ordering::Relaxed);
        });
    }));
    match outcome {
        Ok(()) => Ok(Tried {
            interleavings: counts[0].load(Ordering::Relaxed),
            proved: counts[1].load(Ordering::Relaxed),
        }),
        Err(panic) => Err(race(panic)),
    }
}

/// What a model found. Any other panic goes on: it is no finding.
fn race(panic: Box<dyn std::any::Any + Send>) -> String {
    let text = match panic.downcast_ref::<String>() {
        Some(text) => Some(text.as_str()),
        None => panic.downcast_ref::<&str>().copied(),
    };
    match text {
        Some(text) if text.contains("Causality violation") => text.to_owned(),
        _ => panic::resume_unwind(panic),
    }
}

/// No thread reads an item while it is converted, whatever these threads do.
macro_rules! holds {
    ($($threads:ident;)*) => {
        mod holds {
            use super::*;

            $(
                #[test]
                fn $threads() {
                    let tried = check(models::$threads, Without::Nothing);
                    let tried = tried.unwrap_or_else(|race| panic!("{race}"));
                    println!("{tried:?}");
                    // Neither always nor never: else the threads came to nothing.
                    assert!(tried.proved > 0, "{tried:?}");
                    assert!(tried.proved < tried.interleavings, "{tried:?}");
                }
            )*
        }
    };
}

holds! {
    an_owner;
    an_owner_that_is_found_in_another;
    an_owner_that_is_found_behind_a_lock;
    an_owner_that_is_found_by_way_of_two;
    an_owner_that_is_found_in_one_that_it_knows;
    an_owner_that_is_found_below_what_is_proved_late;
    a_weak_one_that_is_followed;
    a_weak_one_that_is_exchanged;
    an_owner_that_is_exchanged_and_back;
    several_owners_in_the_state;
    two_threads;
}

/// The proof without one of its parts, and the threads that are then not seen.
macro_rules! noticed {
    ($($name:ident: $without:ident, $threads:ident;)*) => {
        mod without {
            use super::*;

            $(
                #[test]
                fn $name() {
                    match check(models::$threads, Without::$without) {
                        Ok(tried) => panic!("unnoticed: {tried:?}"),
                        Err(race) => println!("{race}"),
                    }
                }
            )*

            pub(super) const ALL: &[Without] = &[$(Without::$without),*];
        }
    };
}

noticed! {
    the_order: Order, an_owner_that_is_found_in_another;
    the_order_by_way_of_two: Order, an_owner_that_is_found_by_way_of_two;
    the_lock_until_all_is_proved: Lock, an_owner_that_is_found_behind_a_lock;
    a_proof_of_what_is_found: ProofOfWhatIsFound, an_owner_that_is_found_in_another;
    one_step_strong_before_weak: OneStepStrongFirst, a_weak_one_that_is_exchanged;
    one_step_weak_before_strong: OneStepWeakFirst, an_owner_that_is_exchanged_and_back;
    asking_for_weak_ones: Weak, a_weak_one_that_is_followed;
    giving_up_what_the_state_has: GivingUp, several_owners_in_the_state;
}

#[test]
fn nothing_is_there_for_nothing() {
    for without in Without::ALL {
        assert!(without::ALL.contains(without), "{without:?}");
    }
}
