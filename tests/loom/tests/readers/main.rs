//! Instances that are taken along while threads read them (`hotmod-host/src/pool/beside.rs`), in every interleaving
//! that the memory model allows of some small programs. With a lock that keeps one promise less, some program
//! fails.

#[path = "../../../../hotmod-host/src/pool/beside.rs"]
#[allow(
    dead_code,
    reason = "what waits for a time is no matter of interleavings"
)]
mod beside;
mod lock;
mod models;

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lock::Without;

/// Tries a program. Returns how many interleavings it has.
///
/// # Errors
///
/// What goes wrong in one of them.
fn check(program: fn(Without), without: Without) -> Result<usize, String> {
    let tried = Arc::new(AtomicUsize::new(0));
    let counter = tried.clone();
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            program(without);
        });
    }));
    match outcome {
        Ok(()) => Ok(tried.load(Ordering::Relaxed)),
        Err(panic) => Err(finding(panic)),
    }
}

/// What a model found. Any other panic goes on: it is no finding.
fn finding(panic: Box<dyn std::any::Any + Send>) -> String {
    let text = match panic.downcast_ref::<String>() {
        Some(text) => Some(text.as_str()),
        None => panic.downcast_ref::<&str>().copied(),
    };
    match text {
        Some(text)
            if ["broken: ", "Causality violation", "deadlock"]
                .iter()
                .any(|it| text.contains(it)) =>
        {
            text.to_owned()
        }
        _ => panic::resume_unwind(panic),
    }
}

/// These programs go well.
macro_rules! holds {
    ($($program:ident;)*) => {
        mod holds {
            use super::*;

            $(
                #[test]
                fn $program() {
                    let tried = check(models::$program, Without::Nothing);
                    let tried = tried.unwrap_or_else(|found| panic!("{found}"));
                    println!("{tried}");
                    assert!(tried > 1, "{tried}");
                }
            )*
        }
    };
}

holds! {
    a_reader_and_a_caller;
    a_reader_and_a_sweep;
    a_sweep_and_a_caller;
    two_callers;
    a_reader_a_sweep_and_a_caller;
    a_reader_that_stays;
}

/// A lock without one of its promises, and the program that fails with it.
macro_rules! noticed {
    ($($name:ident: $without:ident, $program:ident;)*) => {
        mod without {
            use super::*;

            $(
                #[test]
                fn $name() {
                    match check(models::$program, Without::$without) {
                        Ok(tried) => panic!("unnoticed in {tried} interleavings"),
                        Err(found) => println!("{found}"),
                    }
                }
            )*

            pub(super) const ALL: &[Without] = &[$(Without::$without),*];
        }
    };
}

noticed! {
    waiting_for_readers: WaitingForReaders, a_reader_and_a_caller;
    waiting_for_readers_of_a_sweep: WaitingForReaders, a_reader_and_a_sweep;
    keeping_out_readers_that_come: KeepingReadersOut, a_reader_and_a_sweep;
    going_on_with_the_hold: GoingOn, two_callers;
    one_beside_at_a_time: OneBeside, a_sweep_and_a_caller;
    keeping_callers_out: KeepingCallersOut, a_sweep_and_a_caller;
    giving_up_before_letting_go: GivingUp, a_reader_that_stays;
}

#[test]
fn nothing_is_promised_for_nothing() {
    for without in Without::ALL {
        assert!(without::ALL.contains(without), "{without:?}");
    }
}
