//! Values are taken along before anything uses them, within a budget.

use super::*;

#[test]
fn a_sweep_takes_all_values_along() {
    let (module, mut hoard) = filled(50);
    update(&module, HOARD.file("level"));
    let report = hoard.sweep(LONG);
    // 50 in the map, in the row and within the shelf, and the shelf.
    assert_eq!(
        (report.followed, report.stuck, report.is_complete),
        (151, 0, true),
        "{report}"
    );
    let again = hoard.sweep(LONG);
    assert_eq!((again.followed, again.is_complete), (0, true), "{again}");
    assert_eq!(hoard.within(49), Ok(Ok(levelled(49, 49, 5))));
}

#[test]
fn a_sweep_goes_on_where_its_budget_ended() {
    let (module, mut hoard) = filled(50);
    update(&module, HOARD.file("level"));
    let mut followed = 0;
    loop {
        let report = hoard.sweep(Duration::ZERO);
        assert!(report.followed > 0 || report.is_complete, "{report}");
        followed += report.followed;
        if report.is_complete {
            break;
        }
    }
    assert_eq!(followed, 151);
}

#[test]
fn a_sweep_of_what_is_shared_leaves_the_state_at_its_version() {
    let (module, mut hoard) = filled(5);
    update(&module, HOARD.file("level"));
    let before = hoard.sweep_shared(LONG);
    assert_eq!((before.followed, before.is_complete), (0, true), "{before}");
    assert_eq!(hoard.version(), "1.0.0");
    arrive(&mut hoard);
    let after = hoard.sweep_shared(LONG);
    assert_eq!((after.followed, after.is_complete), (16, true), "{after}");
}

#[test]
fn an_update_in_the_midst_of_a_sweep_takes_all_of_them_on() {
    let (module, mut hoard) = filled(50);
    update(&module, HOARD.file("level"));
    let some = hoard.sweep(Duration::ZERO);
    assert!(some.followed > 0 && !some.is_complete, "{some}");
    update(&module, HOARD.file("number"));
    let all = hoard.sweep(LONG);
    assert_eq!((all.followed, all.is_complete), (151, true), "{all}");
    assert_eq!(hoard.nested(), Ok(Ok("7 of 50".to_owned())));
    assert_eq!(hoard.in_row(9), Ok(Ok(levelled(9, 9, 5))));
}

#[test]
fn a_sweep_says_what_does_not_fit() {
    let (module, mut hoard) = filled(300);
    update(&module, HOARD.file("checked"));
    let report = hoard.sweep(LONG);
    assert_eq!(
        (report.followed, report.stuck),
        (256 * 3 + 1, 44 * 3),
        "{report}"
    );
    let reason = report.reason.expect("a reason");
    assert!(reason.starts_with("Entry.gold: "), "{reason}");
}

#[test]
fn a_rehearsal_in_the_process_names_a_value_that_does_not_fit() {
    let (module, mut hoard) = filled(300);
    let candidate = module.candidate(HOARD.file("checked"));
    let candidate = candidate.unwrap_or_else(|refusal| panic!("{refusal}"));
    let error = hoard
        .rehearse(&candidate)
        .expect_err("some do not fit")
        .to_string();
    assert!(error.contains("Entry.gold: "), "{error}");
    let fits = module.candidate(HOARD.file("level"));
    let fits = fits.unwrap_or_else(|refusal| panic!("{refusal}"));
    hoard
        .rehearse(&fits)
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(hoard.version(), "1.0.0");
    assert_eq!(hoard.entry(299), Ok(Ok(first(299, 299))));
}

#[test]
fn a_rehearsal_in_a_copy_names_a_value_that_does_not_fit() {
    let (module, mut hoard) = filled(300);
    let options = hotmod_host::RehearsalOptions::new();
    let refusal = module
        .rehearse(HOARD.file("checked"), &options)
        .expect_err("some do not fit");
    assert!(refusal.to_string().contains("Entry.gold: "), "{refusal}");
    let rehearsed = module.rehearse(HOARD.file("level"), &options);
    rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(hoard.entry(299), Ok(Ok(first(299, 299))));
    assert_eq!(hoard.take(298), Ok(Some(Ok(first(298, 298)))));
}
