//! Settling takes values along, too.

use super::*;
use hotmod_host::UpdateOptions;

#[test]
fn an_update_settles_with_all_values() {
    let (module, hoard) = filled(20);
    let hoard = hoard.share();
    let options = UpdateOptions::new().settle(LONG);
    let report = module.update_with(HOARD.file("level"), &options);
    let report = report.unwrap_or_else(|refusal| panic!("{refusal}"));
    let settled = report.settled.expect("what it came to");
    assert!(settled.is_settled(), "{settled}");
    assert_eq!((settled.migrated, settled.followed), (1, 61), "{settled}");
    drop(hoard);
}

#[test]
fn values_are_settled_where_nothing_else_is_left() {
    let (module, hoard) = filled(20);
    let hoard = hoard.share();
    update(&module, HOARD.file("level"));
    hoard
        .call(|hoard| hoard.earn(3, 4))
        .expect("a call")
        .expect("it fits");
    // This thread has it: nothing is gained by a wait.
    let own = hoard.with(|_| module.settle());
    let own = own.unwrap_or_else(|error| panic!("{error}"));
    assert!(own.values_remain && !own.is_settled(), "{own}");
    let settled = module.settle();
    assert!(settled.is_settled(), "{settled}");
    assert_eq!((settled.migrated, settled.followed), (0, 60), "{settled}");
    let again = module.settle();
    assert_eq!((again.followed, again.values_remain), (0, false), "{again}");
}

#[test]
fn values_that_do_not_fit_are_told_of() {
    let (module, hoard) = filled(257);
    let hoard = hoard.share();
    update(&module, HOARD.file("checked"));
    let settled = module.settle();
    assert_eq!(
        (settled.values_stuck, settled.values_remain),
        (3, false),
        "{settled}"
    );
    assert!(!settled.is_settled());
    assert!(settled.to_string().contains("3 stuck"), "{settled}");
    drop(hoard);
}
