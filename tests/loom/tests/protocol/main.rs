//! How callers and updaters agree (`hotmod-host/src/call/slot/protocol.rs`), in every interleaving that the
//! memory model allows of some small programs, and with each of its orderings weakened.

mod models;
mod ordering;
#[path = "../../../../hotmod-host/src/call/slot/protocol.rs"]
#[allow(
    dead_code,
    reason = "what is only for the thread itself is no matter of interleavings"
)]
mod protocol;
mod sync;

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ordering::{LIGHT, Weakened};
use sync::Barriers;

/// A small program and how it is to be run.
#[derive(Clone, Copy)]
struct Model {
    run: fn(),
    /// How many times a thread is taken off the processor, at most. `None`: as often as there are
    /// ways to.
    preemptions: Option<usize>,
    barriers: Barriers,
    /// The orderings that it weakens in any case.
    without: &'static [Weakened],
}

impl Model {
    /// In every interleaving.
    const fn every(run: fn()) -> Self {
        Model {
            run,
            preemptions: None,
            barriers: Barriers::Fences,
            without: &[],
        }
    }

    /// In every interleaving of up to three preemptions: of programs whose interleavings run into
    /// the millions.
    const fn three_preemptions(run: fn()) -> Self {
        Model {
            preemptions: Some(3),
            ..Model::every(run)
        }
    }

    /// In every interleaving of up to two preemptions: of programs that take more steps.
    const fn two_preemptions(run: fn()) -> Self {
        Model {
            preemptions: Some(2),
            ..Model::every(run)
        }
    }

    /// In every interleaving, where the callers' barrier does nothing: as it does where updaters have
    /// `membarrier`, for whatever does not rest on the two barriers together.
    const fn without_light(run: fn()) -> Self {
        Model {
            without: &[(LIGHT, Ordering::Relaxed)],
            ..Model::every(run)
        }
    }

    /// Tries all of them. Returns how many there are.
    ///
    /// # Errors
    ///
    /// The promise that one of them breaks.
    fn check(self, weakened: Option<Weakened>) -> Result<usize, String> {
        let weakened: Vec<Weakened> = self.without.iter().copied().chain(weakened).collect();
        let tried = Arc::new(AtomicUsize::new(0));
        let counter = tried.clone();
        ordering::weaken(&weakened);
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
            let mut builder = loom::model::Builder::new();
            builder.preemption_bound = self.preemptions;
            builder.check(move || {
                counter.fetch_add(1, Ordering::Relaxed);
                sync::begin(self.barriers);
                (self.run)();
            });
        }));
        ordering::weaken(&[]);
        match outcome {
            Ok(()) => Ok(tried.load(Ordering::Relaxed)),
            Err(panic) => Err(broken_promise(panic)),
        }
    }
}

/// What a model found. Any other panic goes on: it is no finding.
fn broken_promise(panic: Box<dyn std::any::Any + Send>) -> String {
    let text = match panic.downcast_ref::<String>() {
        Some(text) => Some(text.as_str()),
        None => panic.downcast_ref::<&str>().copied(),
    };
    match text {
        Some(text) if text.contains("broken: ") || text.contains("Causality violation") => {
            text.to_owned()
        }
        _ => panic::resume_unwind(panic),
    }
}

/// The promises, which the protocol keeps as it is.
macro_rules! models {
    ($($name:ident: $how:ident;)*) => {
        $(
            mod $name {
                use super::*;

                pub(super) const MODEL: Model = Model::$how(models::$name);

                #[test]
                fn holds() {
                    match MODEL.check(None) {
                        Ok(tried) => println!("{tried} interleavings"),
                        Err(broken) => panic!("{broken}"),
                    }
                }
            }
        )*
    };
}

models! {
    a_call_against_a_publication: every;
    tables_against_a_publication: without_light;
    two_calls_against_a_publication: three_preemptions;
    two_callers_against_a_publication: two_preemptions;
    nested_calls_against_two_publications: three_preemptions;
    a_call_against_a_rollback: three_preemptions;
    a_report_against_a_publication: every;
    instances_after_calls: three_preemptions;
    waiting_calls_after_calls: three_preemptions;
    a_report_against_calls: without_light;
    a_report_against_calls_of_one_generation: without_light;
    a_report_against_a_call_without_a_state: without_light;
}

/// What rests on the barriers, where updaters have `membarrier`.
mod with_membarrier {
    use super::*;

    fn check(model: Model, weakened: Option<Weakened>) -> Result<usize, String> {
        let model = Model {
            barriers: Barriers::Membarrier,
            ..model
        };
        model.check(weakened)
    }

    macro_rules! holds {
        ($($name:ident: $how:ident;)*) => {
            $(
                #[test]
                fn $name() {
                    match check(Model::$how(models::$name), None) {
                        Ok(tried) => println!("{tried} interleavings"),
                        Err(broken) => panic!("{broken}"),
                    }
                }
            )*
        };
    }

    holds! {
        a_call_against_a_publication: three_preemptions;
        two_calls_against_a_publication: two_preemptions;
        a_call_against_a_rollback: two_preemptions;
        instances_after_calls: two_preemptions;
        waiting_calls_after_calls: two_preemptions;
    }

    #[test]
    fn an_updater_without_its_own_fence_is_noticed() {
        let model = Model::three_preemptions(models::a_call_against_a_publication);
        let weakened = (ordering::HEAVY, Ordering::Relaxed);
        check(model, Some(weakened)).expect_err("unnoticed");
    }

    #[test]
    fn a_call_that_is_not_released_is_noticed() {
        let model = Model::three_preemptions(models::a_call_against_a_publication);
        let weakened = (ordering::LEAVE, Ordering::Relaxed);
        check(model, Some(weakened)).expect_err("unnoticed");
    }
}

/// The orderings, each weakened, and the program that notices.
macro_rules! weakened {
    ($($name:ident: $site:ident $ordering:ident, $model:ident;)*) => {
        mod weakened {
            use super::*;

            $(
                #[test]
                fn $name() {
                    let weakened = (ordering::$site, Ordering::$ordering);
                    match $model::MODEL.check(Some(weakened)) {
                        Ok(tried) => panic!("unnoticed in {tried} interleavings"),
                        Err(broken) => println!("{broken}"),
                    }
                }
            )*

            pub(super) const ALL: &[Weakened] =
                &[$((ordering::$site, Ordering::$ordering)),*];
        }
    };
}

// The interleavings that are found, in the letters and numbers of `protocol.rs`:
//
// - `publish`, `current`: 1 2 a b c d e. The call at e reads tables that it has not seen written.
// - `leave`, `seen_word`: a b c d e f 2 3 4. The updater sees the frame left, and not what the call
//   did at e.
// - `light`, `heavy`: a 2 3 4 b c d e. Or what comes to the same: b, which no thread sees yet, before 4.
//   The updater finds no call, the caller finds the track as it was.
// - `enter`: g b f of call 1, g b of call 2, 5 6 7. The word is that of call 2, the state, since g is
//   not seen, that of call 1.
// - `generation`, `seen_generation`, `state`, `seen_state`: g b of call 1, 5, f of call 1, g of call 2,
//   6 7. The word is that of call 1 at 5 and, since f is not seen, at 7; the generation or state is that
//   of call 2.
weakened! {
    publish: PUBLISH Relaxed, tables_against_a_publication;
    current: CURRENT Relaxed, tables_against_a_publication;
    state: STATE Relaxed, a_report_against_calls_of_one_generation;
    generation: GENERATION Relaxed, a_report_against_calls;
    enter: ENTER Relaxed, a_report_against_calls_of_one_generation;
    leave: LEAVE Relaxed, a_call_against_a_publication;
    seen_word: SEEN_WORD Relaxed, a_call_against_a_publication;
    seen_generation: SEEN_GENERATION Relaxed, a_report_against_calls;
    seen_state: SEEN_STATE Relaxed, a_report_against_calls_of_one_generation;
    light_none: LIGHT Relaxed, a_call_against_a_publication;
    light_acquire: LIGHT Acquire, a_call_against_a_publication;
    light_release: LIGHT Release, a_call_against_a_publication;
    light_both: LIGHT AcqRel, a_call_against_a_publication;
    heavy_none: HEAVY Relaxed, a_call_against_a_publication;
    heavy_acquire: HEAVY Acquire, a_call_against_a_publication;
    heavy_release: HEAVY Release, a_call_against_a_publication;
    heavy_both: HEAVY AcqRel, a_call_against_a_publication;
}

#[test]
fn every_weaker_ordering_is_tried() {
    for site in ordering::ALL {
        for weaker in site.weaker() {
            let tried = weakened::ALL.iter();
            let tried = tried.filter(|(it, ordering)| it.name == site.name && ordering == weaker);
            assert_eq!(tried.count(), 1, "{} as {weaker:?}", site.name);
        }
    }
}

#[test]
fn instances_are_to_be_looked_for_after_calls() {
    let reversed = Model::three_preemptions(models::calls_after_instances);
    reversed.check(None).expect_err("it makes no difference");
}

#[test]
fn instances_are_to_be_counted_under_their_lock() {
    let unlocked = Model::three_preemptions(models::instances_without_the_lock);
    unlocked.check(None).expect_err("it makes no difference");
}

#[test]
fn calls_that_wait_are_to_be_looked_for_after_calls() {
    let reversed = Model::three_preemptions(models::calls_after_waiting_calls);
    reversed.check(None).expect_err("it makes no difference");
}
