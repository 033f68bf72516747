//! A version is needed as long as values are at it.

use super::*;
use hotmod_host::NeededFor;
use hotmod_tests::patience::until;

fn needs(module: &Module<dyn Hoard>, version: &str) -> Vec<NeededFor> {
    let mut versions = module.versions().into_iter();
    let version = versions
        .find(|it| it.version == version)
        .expect("a version");
    version.needed
}

#[test]
fn a_version_is_needed_until_its_last_value_has_gone() {
    let (module, mut hoard) = filled(3);
    let all = NeededFor::Values(10);
    let one = NeededFor::Instances(1);
    assert_eq!(needs(&module, "1.0.0"), [NeededFor::Current, one, all]);
    update(&module, HOARD.file("level"));
    module.make_permanent();
    arrive(&mut hoard);
    until(|| needs(&module, "1.0.0") == [all]);
    hoard.earn(1, 1).expect("a call").expect("it fits");
    assert_eq!(hoard.forget(2), Ok(true));
    assert_eq!(needs(&module, "1.0.0"), [NeededFor::Values(8)]);
    let now = [NeededFor::Current, one, NeededFor::Values(1)];
    assert_eq!(needs(&module, "2.0.0"), now);
    assert!(!is_retired(&module, "1.0.0"));
    let report = hoard.sweep(LONG);
    assert_eq!((report.followed, report.is_complete), (8, true), "{report}");
    until(|| is_retired(&module, "1.0.0"));
    assert_eq!(hoard.entry(1), Ok(Ok(levelled(1, 2, 5))));
    assert_eq!(hoard.within(2), Ok(Ok(levelled(2, 2, 5))));
}

fn is_retired(module: &Module<dyn Hoard>, version: &str) -> bool {
    let mut versions = module.versions().into_iter();
    let version = versions
        .find(|it| it.version == version)
        .expect("a version");
    version.is_retired
}
