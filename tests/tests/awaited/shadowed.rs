//! Pure `async` functions of a candidate, awaited beside those of the version that runs.

use hotmod_host::{Shadow, ShadowOptions, ShadowReport};

use super::*;

type AddUp = AsyncFunction<fn(&str, Vec<u32>) -> String>;

fn shadowed(variant: &str) -> (Module<Untyped>, Shadow, AddUp) {
    let module = load(&host());
    let shadow = module.shadow(FILES.file(variant), ShadowOptions::every(1));
    let shadow = shadow.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(shadow.exports().collect::<Vec<_>>(), ["add_up"]);
    let add_up = module.async_function("add_up").expect("the export");
    (module, shadow, add_up)
}

fn counts(report: &ShadowReport) -> (u64, u64, u64) {
    (report.calls, report.compared, report.differing)
}

#[test]
fn what_is_awaited_in_both_versions_is_compared() {
    let (_module, shadow, add_up) = shadowed("second");
    for _ in 0..3 {
        let call = block_on(add_up.call("sum", vec![1, 2, 3]));
        assert_eq!(call, Ok("sum 6".to_owned()));
    }
    // Both panic, and say the same.
    let panics = block_on(add_up.call("sum", vec![6, 7])).expect_err("a panic");
    assert!(panics.to_string().contains("no one wants 13"), "{panics}");
    assert_eq!(counts(&shadow.abort()), (4, 4, 0));
    let call = block_on(add_up.call("sum", vec![]));
    assert_eq!(call, Ok("sum 0".to_owned()));
    assert_eq!(counts(&shadow.report()), (4, 4, 0));
}

#[test]
fn what_differs_is_told_with_the_arguments() {
    let (_module, shadow, add_up) = shadowed("other");
    assert_eq!(
        block_on(add_up.call("sum", vec![1, 2])),
        Ok("sum 3".to_owned())
    );
    // It panics in the candidate alone.
    assert_eq!(
        block_on(add_up.call("sum", vec![12])),
        Ok("sum 12".to_owned())
    );
    let report = shadow.abort();
    assert_eq!(counts(&report), (2, 2, 2));
    let told: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        told[0],
        "add_up(text: \"sum\", numbers: [1, 2]): returned \"sum 3\"; the candidate returned \"sum 5\""
    );
    assert!(
        told[1].contains("the candidate panicked at ") && told[1].ends_with("no one wants 13"),
        "{told:?}"
    );
}

#[test]
fn a_candidate_that_hangs_is_let_go_when_the_shadow_is_aborted() {
    let (module, shadow, add_up) = shadowed("stuck");
    let count = Arc::new(Count::default());
    let mut call = Box::pin(add_up.call("sum", vec![1]));
    let mut dropped = Box::pin(add_up.call("sum", vec![2]));
    assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
    assert_eq!(poll(dropped.as_mut(), &count), Poll::Pending);
    let suspended = || module.versions()[0].needed.clone();
    assert!(suspended().contains(&NeededFor::Suspended(2)));
    drop(dropped);
    assert!(suspended().contains(&NeededFor::Suspended(1)));
    assert_eq!(count.woken(), 0);
    let report = shadow.abort();
    assert_eq!(count.woken(), 1);
    // In the running version it waits once for the number.
    assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
    let sum = Poll::Ready(Ok("sum 1".to_owned()));
    assert_eq!(poll(call.as_mut(), &count), sum);
    assert_eq!(counts(&report), (2, 0, 0));
    assert_eq!(counts(&shadow.report()), (2, 0, 0));
}
