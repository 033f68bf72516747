//! One candidate of a module is on trial at a time, as a canary or as a shadow.

use hotmod_host::{ShadowOptions, ShadowState};

use super::*;

const TWICE: Edit = (
    "// hooks",
    "#[hotmod::export(pure)]\npub fn twice(number: u32) -> u32 {\n    CODE * number\n}\n",
);

static HALLS: LazyLock<Built> = LazyLock::new(|| {
    Family::new("rooms")
        .library("shadowed", &[])
        .variant("pure", &[TWICE])
        .variant("next", &[WIDE, &[TWICE]].concat())
        .build()
});

#[test]
fn a_candidate_in_the_shadow_leaves_no_room_for_a_canary_and_the_other_way_round() {
    let host = Host::builder().build().expect("a host");
    let events = host.events();
    let module = host.load::<dyn Room>(HALLS.file("pure"));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let twice = module.function::<fn(u32) -> u32>("twice");
    let twice = twice.expect("an export");
    let pool: Rooms = module.pool();
    create(&pool, 0);
    create(&pool, 1);
    let next = HALLS.file("next");
    let counted = |shadow: &hotmod_host::Shadow| {
        let report = shadow.report();
        (report.calls, report.compared, report.differing)
    };

    let shadow = module.shadow(&next, ShadowOptions::every(1));
    let shadow = shadow.unwrap_or_else(|refusal| panic!("{refusal}"));
    let text = refused(pool.canary(&next, odd()), Rule::OnTrial);
    assert!(text.contains("2.0.0 as a shadow"), "{text}");
    assert!(text.contains("abort the shadow first"), "{text}");
    assert!(text.contains("1.0.0 keeps running"), "{text}");
    let told = wait(&events, UpdateState::Refused);
    assert_eq!(told.as_deref(), Some(&*text));
    refused(module.update(&next), Rule::OnTrial);
    // The shadow lasts, and no instance follows anything else.
    assert_eq!(shadow.state(), ShadowState::Running);
    assert_eq!(twice.call(3), Ok(3));
    assert_eq!(counted(&shadow), (1, 1, 1));
    sweep(&pool);
    assert_eq!(pool.counts(), counts([("1.0.0", 2)]));
    create(&pool, 3);
    assert_eq!((code(&pool, 1), code(&pool, 3)), (1, 1));
    shadow.abort();

    let canary = pool.canary(&next, odd());
    let canary = canary.unwrap_or_else(|refusal| panic!("{refusal}"));
    let text = refused(module.shadow(&next, ShadowOptions::every(1)), Rule::OnTrial);
    assert!(text.contains("2.0.0 as a canary"), "{text}");
    assert!(text.contains("promote or abort the canary first"), "{text}");
    // The canary lasts, and nothing is compared.
    assert_eq!(canary.state(), CanaryState::Running);
    assert_eq!([0, 1, 3].map(|key| code(&pool, key)), [1, 2, 2]);
    assert_eq!(twice.call(3), Ok(3));
    assert_eq!(counted(&shadow), (1, 1, 1));
    assert_eq!(canary.promote().expect("an update").to, "2.0.0");
    assert_eq!(twice.call(3), Ok(6));
    assert_eq!(module.versions().len(), 2);
}
