//! Updates rehearsed in a copy of the process, where the candidate may do what it likes.

use std::sync::{LazyLock, mpsc};
use std::time::Duration;

use hotmod_host::describe::Rule;
use hotmod_host::{
    Host, HostBuilder, Instance, Module, Refusal, RefusalStage, RehearsalOptions, UpdateOptions,
    UpdateOutcome,
};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::survey::Survey;
use hotmod_tests::patience::PATIENCE;

#[path = "rehearsal/candidates.rs"]
mod candidates;
#[path = "rehearsal/storms.rs"]
mod storms;

const NEWER: Edit = ("\"1.0.0\"", "\"2.0.0\"");
const METRES: Edit = (
    "    feet: f64,\n}",
    "    #[state(was = \"feet\")]\n    metres: f64,\n}",
);
const ADD: Edit = ("feet: height", "metres: height");
const LIST: Edit = (
    "{} {} ft\\n\", place.name, place.feet",
    "{} {} m\\n\", place.name, place.metres",
);
const HOOKS: &str = "// hooks";

const PASSES: &str = r#"
#[hotmod::preflight]
fn a_place_can_be_added(atlas: &mut Atlas) -> Result<(), String> {
    let before = atlas.places.len();
    atlas.add("somewhere", 1.0);
    match atlas.places.len() {
        len if len == before + 1 => Ok(()),
        len => Err(format!("{len} places")),
    }
}
"#;
const FAILS: &str = r#"
#[hotmod::preflight]
fn first(_: &mut Atlas) -> Result<(), String> {
    Ok(())
}
#[hotmod::preflight]
fn second(atlas: &mut Atlas) -> Result<(), String> {
    Err(format!("{} places are too many", atlas.places.len()))
}
"#;
const PANICS: &str = r#"
#[hotmod::preflight]
fn looks_up(atlas: &mut Atlas) -> Result<(), String> {
    panic!("nobody looks at {}", atlas.places[0].name)
}
"#;
const ABORTS: &str = r#"
#[hotmod::preflight]
fn gives_up(_: &mut Atlas) -> Result<(), String> {
    eprintln!("the preflight gives up");
    std::process::abort()
}
"#;
const CRASHES: &str = r#"
#[hotmod::preflight]
fn writes_nowhere(_: &mut Atlas) -> Result<(), String> {
    unsafe { std::ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
    Ok(())
}
"#;
const HANGS: &str = r#"
#[hotmod::preflight]
fn waits_for_ever(_: &mut Atlas) -> Result<(), String> {
    loop {
        std::thread::park();
    }
}
"#;
const CLOSES: &str = r#"
use std::os::fd::{FromRawFd, OwnedFd};

#[hotmod::preflight]
fn closes_every_file(_: &mut Atlas) -> Result<(), String> {
    for file in 3..256 {
        if std::fs::exists(format!("/proc/self/fd/{file}")).unwrap() {
            drop(unsafe { OwnedFd::from_raw_fd(file) });
        }
    }
    loop {
        std::thread::park();
    }
}
"#;
const SAYS: &str = r#"
#[hotmod::preflight]
fn says_much(_: &mut Atlas) -> Result<(), String> {
    (0..20_000).for_each(|number| println!("so far, {number} places are right"));
    eprintln!("the last place is wrong");
    std::process::abort()
}
"#;
const EATS: &str = r#"
#[hotmod::preflight]
fn takes_all_memory(_: &mut Atlas) -> Result<(), String> {
    let mut all = Vec::new();
    loop {
        all.push(vec![1_u8; 1 << 20]);
    }
}
"#;
const LEAVES: &str = r#"
#[hotmod::preflight]
fn leaves(_: &mut Atlas) -> Result<(), String> {
    std::process::exit(0)
}
"#;
const CONSTRUCTOR: &str = r#"
extern "C" fn constructor() {
    std::process::abort();
}
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;
"#;
const HOOK_ABORTS: &str = r#"
#[hotmod::migrate]
fn place(_: &hotmod::Old<'_>) -> Place {
    std::process::abort()
}
"#;
const LOW_PLACES: &str = r#"
#[hotmod::after_migrate]
fn nothing_is_high(atlas: &Atlas, _: &hotmod::VersionInfo<'_>) -> Result<(), String> {
    match atlas.places.iter().find(|place| place.metres > 1000.0) {
        Some(place) => Err(format!("{} is too high", place.name)),
        None => Ok(()),
    }
}
"#;
const WAIT: &str = "\n#[hotmod::import]\nfn wait();\n";

static MODULES: LazyLock<Built> = LazyLock::new(|| {
    let newer = |hooks: &'static str| vec![NEWER, METRES, ADD, LIST, (HOOKS, hooks)];
    let waits = (
        "fn list(&self) -> String {",
        "fn list(&self) -> String {\n        wait();",
    );
    Family::new("survey")
        .package("survey-rehearsed")
        .variant("passes", &newer(PASSES))
        .variant("fails", &newer(FAILS))
        .variant("panics", &newer(PANICS))
        .variant("aborts", &newer(ABORTS))
        .variant("crashes", &newer(CRASHES))
        .variant("hangs", &newer(HANGS))
        .variant("closes", &newer(CLOSES))
        .variant("says", &newer(SAYS))
        .variant("eats", &newer(EATS))
        .variant("leaves", &newer(LEAVES))
        .variant("constructor", &newer(CONSTRUCTOR))
        .variant("low", &newer(LOW_PLACES))
        .variant(
            "hook_aborts",
            &[
                NEWER,
                ("    feet: f64,\n}", "    metres: f64,\n}"),
                ADD,
                LIST,
                (HOOKS, HOOK_ABORTS),
            ],
        )
        .variant("waits", &[waits, (HOOKS, WAIT)])
        .build()
});

fn load(builder: HostBuilder, file: &str) -> Module<dyn Survey> {
    let host = builder.build().expect("a host");
    let survey = host.load::<dyn Survey>(MODULES.file(file));
    survey.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// A module at its base, with one instance of two places.
fn survey() -> (Module<dyn Survey>, Instance<dyn Survey>) {
    let module = load(Host::builder(), BASE);
    let mut atlas = module.create("ada").expect("an instance");
    atlas.add("Ben Nevis", 4413.0).expect("a call");
    atlas.add("Snowdon", 3560.0).expect("a call");
    (module, atlas)
}

const BEFORE: &str = "Ben Nevis 4413 ft\nSnowdon 3560 ft\nchecked by ada";

/// Rehearses a candidate that goes wrong, in both ways, and checks that nothing comes of it.
fn refused(file: &str, rehearsal: RehearsalOptions) -> Refusal {
    let (module, mut atlas) = survey();
    let options = UpdateOptions::new().rehearse(rehearsal.clone());
    let updated = module.update_with(MODULES.file(file), &options);
    let refusal = updated.expect_err("an update that goes wrong");
    assert_eq!(refusal.stage(), RefusalStage::Rehearse);
    assert_eq!(refusal.running(), Some("1.0.0"));
    assert!(
        refusal
            .differences()
            .iter()
            .all(|it| it.rule == Rule::RehearsalFailed)
    );
    let rehearsed = module.rehearse(MODULES.file(file), &rehearsal);
    assert!(rehearsed.is_err());
    // Nothing of the candidate was loaded, and nothing has changed.
    assert_eq!(module.versions().len(), 1);
    assert_eq!(atlas.list().as_deref(), Ok(BEFORE));
    atlas.add("Scafell Pike", 3209.0).expect("a call");
    assert_eq!((module.version(), atlas.version()), ("1.0.0", "1.0.0"));
    refusal
}

/// What one fault of a refusal says.
fn fault(refusal: &Refusal) -> (&str, &str) {
    let [difference] = refusal.differences() else {
        panic!("more than one fault: {refusal}");
    };
    (&difference.path, &difference.now)
}

#[test]
fn a_rehearsal_takes_every_instance_along_and_changes_none() {
    let (module, mut atlas) = survey();
    let others: Vec<_> = (0..20)
        .map(|_| module.create("").expect("an instance"))
        .collect();
    let rehearsal = RehearsalOptions::new();
    let rehearsed = module.rehearse(MODULES.file("passes"), &rehearsal);
    let rehearsed = rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!((rehearsed.migrated, rehearsed.in_use), (21, 0));
    assert!(rehearsed.memory > 0 && !rehearsed.took.is_zero());
    assert_eq!(atlas.list().as_deref(), Ok(BEFORE));
    assert_eq!(module.versions().len(), 1);

    let options = UpdateOptions::new().rehearse(rehearsal);
    let update = module.update_with(MODULES.file("passes"), &options);
    let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.outcome, UpdateOutcome::Published);
    assert_eq!(update.rehearsed.map(|it| it.migrated), Some(21));
    // The preflight's place was added in the copy alone.
    atlas.add("Slieve Donard", 850.0).expect("a call");
    let list = "Ben Nevis 4413 m\nSnowdon 3560 m\nSlieve Donard 850 m\nchecked by ada";
    assert_eq!(atlas.list().as_deref(), Ok(list));
    drop(others);
}

#[test]
fn a_version_that_was_loaded_before_is_rehearsed_too() {
    let module = load(Host::builder().allow_downgrade(true), BASE);
    let mut atlas = module.create("").expect("an instance");
    atlas.add("Ben Nevis", 4413.0).expect("a call");
    for file in ["passes", BASE] {
        let options = UpdateOptions::new();
        // A plan from metres to feet has no attribute for it.
        if file == BASE {
            module
                .rollback()
                .unwrap_or_else(|refusal| panic!("{refusal}"));
        } else {
            let updated = module.update_with(MODULES.file(file), &options);
            updated.unwrap_or_else(|refusal| panic!("{refusal}"));
        }
        atlas.migrate().expect("a state that fits");
    }
    let rehearsed = module.rehearse(MODULES.file("passes"), &RehearsalOptions::new());
    assert_eq!(rehearsed.expect("a rehearsal").migrated, 1);
    assert_eq!(atlas.list().as_deref(), Ok("Ben Nevis 4413 ft\nrough"));
}

#[test]
fn a_preflight_that_fails_refuses_the_update() {
    let refusal = refused("fails", RehearsalOptions::new());
    assert_eq!(fault(&refusal), ("Atlas", "2 places are too many"));
    let text = refusal.to_string();
    assert!(
        text.contains("expected a state that `second` finds right"),
        "{text}"
    );
    assert!(text.contains("1.0.0 keeps running"), "{text}");
}

#[test]
fn a_preflight_that_panics_refuses_the_update() {
    let refusal = refused("panics", RehearsalOptions::new());
    let (path, now) = fault(&refusal);
    assert_eq!(path, "Atlas");
    assert!(now.contains("nobody looks at Ben Nevis"), "{now}");
}

#[test]
fn a_check_that_fails_refuses_the_update_and_names_the_state() {
    let refusal = refused("low", RehearsalOptions::new());
    assert_eq!(fault(&refusal), ("Atlas", "Ben Nevis is too high"));
}

#[test]
fn an_abort_ends_the_copy_alone() {
    let refusal = refused("aborts", RehearsalOptions::new());
    let (_, now) = fault(&refusal);
    assert!(now.contains("was killed by SIGABRT"), "{now}");
    assert!(now.contains("it said: the preflight gives up"), "{now}");
    let refusal = refused("hook_aborts", RehearsalOptions::new());
    assert!(
        fault(&refusal).1.contains("was killed by SIGABRT"),
        "{refusal}"
    );
}

#[test]
fn a_constructor_that_aborts_ends_the_copy_alone() {
    let refusal = refused("constructor", RehearsalOptions::new());
    assert!(
        fault(&refusal).1.contains("was killed by SIGABRT"),
        "{refusal}"
    );
}

#[test]
fn a_segmentation_fault_ends_the_copy_alone() {
    let refusal = refused("crashes", RehearsalOptions::new());
    assert!(
        fault(&refusal).1.contains("was killed by SIGSEGV"),
        "{refusal}"
    );
}

#[test]
fn a_copy_that_hangs_is_ended() {
    let refusal = refused(
        "hangs",
        RehearsalOptions::new().timeout(Duration::from_millis(300)),
    );
    assert!(
        fault(&refusal).1.contains("did not finish within 300ms"),
        "{refusal}"
    );
}

#[test]
fn a_copy_that_can_tell_nothing_any_more_is_ended_in_time() {
    let rehearsal = RehearsalOptions::new().timeout(Duration::from_millis(300));
    let refusal = refused("closes", rehearsal);
    assert!(
        fault(&refusal).1.contains("did not finish within 300ms"),
        "{refusal}"
    );
}

#[test]
fn a_copy_may_say_much_before_it_ends() {
    let refusal = refused("says", RehearsalOptions::new().timeout(PATIENCE));
    let (_, now) = fault(&refusal);
    assert!(now.contains("was killed by SIGABRT"), "{now}");
    assert!(
        now.ends_with("19999 places are right\nthe last place is wrong"),
        "{now}"
    );
    assert!(now.len() < 3000, "{} bytes", now.len());
}

#[test]
fn a_copy_that_exhausts_its_memory_ends_alone() {
    let refusal = refused("eats", RehearsalOptions::new().memory(64 << 20));
    let (_, now) = fault(&refusal);
    assert!(now.contains("was killed by SIGABRT"), "{now}");
    assert!(now.contains("memory allocation"), "{now}");
}

#[test]
fn a_copy_that_leaves_early_is_no_success() {
    let refusal = refused("leaves", RehearsalOptions::new());
    assert!(
        fault(&refusal).1.contains("ended before it was through"),
        "{refusal}"
    );
}

#[test]
fn an_instance_that_is_in_a_call_is_left_out() {
    let (inside, is_inside) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let builder = Host::builder().provide("wait", move || {
        inside.send(()).expect("the test waits");
        // Waits until the test lets it go on, or is over.
        let _ = may_go_on.lock().expect("no thread panicked").recv();
    });
    let module = load(builder, "waits");
    let atlas = module.create("ada").expect("an instance");
    let _other = module.create("bob").expect("an instance");
    let call = std::thread::spawn(move || atlas.list());
    is_inside.recv_timeout(PATIENCE).expect("a call");
    let rehearsed = module.rehearse(MODULES.file("passes"), &RehearsalOptions::new());
    let rehearsed = rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!((rehearsed.migrated, rehearsed.in_use), (1, 1));
    go_on.send(()).expect("the call waits");
    let list = call.join().expect("the thread");
    assert_eq!(list.as_deref(), Ok("checked by ada"));
}

#[test]
fn a_host_may_require_that_every_update_is_rehearsed() {
    let module = load(
        Host::builder().require_rehearsal(RehearsalOptions::new()),
        BASE,
    );
    let atlas = module.create("").expect("an instance");
    let refusal = module.update(MODULES.file("aborts")).expect_err("an abort");
    assert_eq!(refusal.stage(), RefusalStage::Rehearse);
    let update = module.update(MODULES.file("passes")).expect("an update");
    assert_eq!(update.rehearsed.map(|it| it.migrated), Some(1));
    drop(atlas);
}

#[test]
fn a_file_that_would_be_refused_is_not_rehearsed() {
    let (module, _atlas) = survey();
    let other = module.rehearse("no such file", &RehearsalOptions::new());
    assert_eq!(other.expect_err("no file").stage(), RefusalStage::Inspect);
}
