//! What runs once in each loaded version: before anything else of it, on every way into use; and when
//! the version is needed no more.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use hotmod_host::describe::Rule;
use hotmod_host::{
    CanaryOptions, Host, Instance, Module, NeededFor, Pool, Refusal, RefusalStage,
    RehearsalOptions, ShadowOptions, UpdateOptions, UpdateOutcome, UpdateRequest, UpdateState,
};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::equipped::Equipped;
use hotmod_tests::patience::{until_equal, until_state};

const VERSION: &str = "version: \"1.0.0\"";

static EQUIPPED: LazyLock<Built> = LazyLock::new(|| {
    Family::new("equipped")
        .variant("second", &[(VERSION, "version: \"1.1.0\"")])
        .variant("third", &[(VERSION, "version: \"1.2.0\"")])
        .variant(
            "migrating",
            &[
                (VERSION, "version: \"1.3.0\""),
                ("    count: u64,\n", "    count: u64,\n    #[state(default)]\n    added: u8,\n"),
                ("Count { count: 0 }", "Count { count: 0, added: 0 }"),
            ],
        )
        .variant(
            "panicking",
            &[
                (VERSION, "version: \"1.4.0\""),
                ("    Ok(())\n}\n\n#[hotmod::retired]", "    panic!(\"no hammer\")\n}\n\n#[hotmod::retired]"),
            ],
        )
        .variant(
            "ending-badly",
            &[
                (VERSION, "version: \"1.5.0\""),
                ("fn close(version: &VersionInfo<'_>) {", "fn close(version: &VersionInfo<'_>) {\n    assert!(TOOL.get().is_none(), \"still in use\");"),
            ],
        )
        .variant(
            "bare",
            &[
                (VERSION, "version: \"1.6.0\""),
                ("#[hotmod::loaded]\n", "#[allow(dead_code)]\n"),
                ("#[hotmod::retired]\n", "#[allow(dead_code)]\n"),
            ],
        )
        .build()
});

/// What modules told their host, and what it answers.
#[derive(Clone, Default)]
struct Told {
    told: Arc<Mutex<Vec<String>>>,
    objection: Arc<Mutex<Option<String>>>,
}

impl Told {
    fn host(&self) -> Host {
        let this = self.clone();
        Host::builder()
            .allow_downgrade(true)
            .provide("happens", move |what: &str| -> Result<(), String> {
                this.told.lock().expect("a text").push(what.to_owned());
                match &*this.objection.lock().expect("a text") {
                    Some(objection) => Err(objection.clone()),
                    None => Ok(()),
                }
            })
            .build()
            .expect("a host")
    }

    fn objects(&self, objection: Option<&str>) {
        *self.objection.lock().expect("a text") = objection.map(str::to_owned);
    }

    /// All that was told since it was asked last.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().expect("a text"))
    }
}

fn load(host: &Host, variant: &str) -> Module<dyn Equipped> {
    host.load(EQUIPPED.file(variant))
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn update(module: &Module<dyn Equipped>, variant: &str) {
    let update = module.update(EQUIPPED.file(variant));
    let update = update.unwrap_or_else(|refusal| panic!("{variant}: {refusal}"));
    assert_eq!(update.outcome, UpdateOutcome::Published, "{variant}");
}

fn tool(count: &mut Instance<dyn Equipped>) -> String {
    count.next().expect("a call");
    count.tool().expect("a call")
}

fn refused(refusal: &Refusal, reason: &str) {
    assert_eq!(refusal.stage(), RefusalStage::Prepare, "{refusal}");
    assert_eq!(refusal.differences()[0].rule, Rule::LoadedFailed);
    let told = refusal.to_string();
    let line = "`set_up`, marked `#[hotmod::loaded]`: expected to set the version up, found ";
    assert!(told.contains(line) && told.contains(reason), "{told}");
}

#[test]
fn each_version_is_set_up_before_anything_else_of_it_runs() {
    let told = Told::default();
    let host = told.host();
    let module = load(&host, BASE);
    let mut count = module.create("").expect("a count");
    assert_eq!(tool(&mut count), "hammer of 1.0.0, 1 times");
    assert_eq!(
        told.take(),
        [
            "loaded equipped 1.0.0",
            "init with hammer of 1.0.0, 1 times"
        ]
    );
    update(&module, "second");
    assert_eq!(tool(&mut count), "hammer of 1.1.0, 1 times");
    update(&module, "migrating");
    assert_eq!(tool(&mut count), "hammer of 1.3.0, 1 times");
    let check = "check with hammer of 1.3.0, 1 times";
    let mut told_so_far = told.take();
    // The first version is retired once nothing needs it, which may be now or later.
    told_so_far.retain(|it| !it.starts_with("retired"));
    assert_eq!(
        told_so_far,
        ["loaded equipped 1.1.0", "loaded equipped 1.3.0", check]
    );
    // The version was there all the time.
    module.rollback().expect("a rollback");
    assert_eq!(tool(&mut count), "hammer of 1.1.0, 1 times");
    // The same file that runs, and one without such a function.
    module.update(EQUIPPED.file("second")).expect("the same");
    update(&module, "bare");
    assert_eq!(tool(&mut count), "nothing, 0 times");
    let loaded = told
        .take()
        .into_iter()
        .filter(|it| it.starts_with("loaded"));
    assert_eq!(loaded.count(), 0);
}

#[test]
fn a_version_that_cannot_be_set_up_is_refused_and_may_be_tried_again() {
    let told = Told::default();
    let host = told.host();
    told.objects(Some("no room for a hammer"));
    for _ in 0..2 {
        let refusal = host
            .load::<dyn Equipped>(EQUIPPED.file(BASE))
            .expect_err("no hammer");
        refused(&refusal, "found no room for a hammer");
        assert_eq!(told.take(), ["loaded equipped 1.0.0"]);
    }
    assert!(host.modules().is_empty());
    told.objects(None);
    let module = load(&host, BASE);
    let mut count = module.create("").expect("a count");
    assert_eq!(tool(&mut count), "hammer of 1.0.0, 1 times");

    told.objects(Some("no room for a hammer"));
    for _ in 0..2 {
        let refusal = module
            .update(EQUIPPED.file("second"))
            .expect_err("no hammer");
        refused(&refusal, "1.0.0 keeps running");
        assert_eq!(tool(&mut count), "hammer of 1.0.0, 1 times");
    }
    told.objects(None);
    let refusal = module
        .update(EQUIPPED.file("panicking"))
        .expect_err("a panic");
    refused(&refusal, "found panicked at ");
    refused(&refusal, ": no hammer");
    update(&module, "second");
    assert_eq!(tool(&mut count), "hammer of 1.1.0, 1 times");
    // The file is mapped once, however often it was tried.
    assert_eq!(module.versions().len(), 3);
}

#[test]
fn a_rehearsal_sets_the_version_up_in_the_copy() {
    let told = Told::default();
    let host = told.host();
    let module = load(&host, BASE);
    let mut count = module.create("").expect("a count");
    told.take();
    let rehearsal = RehearsalOptions::new().timeout(Duration::from_secs(60));
    module
        .rehearse(EQUIPPED.file("migrating"), &rehearsal)
        .expect("a rehearsal");
    // What happened in the copy of the process is not told here.
    assert_eq!(told.take(), [] as [&str; 0]);
    told.objects(Some("not here"));
    let refusal = module
        .rehearse(EQUIPPED.file("migrating"), &rehearsal)
        .expect_err("no hammer");
    assert_eq!(refusal.stage(), RefusalStage::Rehearse);
    let shown = refusal.to_string();
    assert!(
        shown.contains("`set_up`, marked `#[hotmod::loaded]`"),
        "{shown}"
    );
    assert!(shown.contains("not here"), "{shown}");
    let shown = module
        .rehearse(EQUIPPED.file("panicking"), &rehearsal)
        .expect_err("no hammer");
    assert_eq!(shown.stage(), RefusalStage::Rehearse);
    told.objects(None);
    let options = UpdateOptions::new().rehearse(rehearsal);
    module
        .update_with(EQUIPPED.file("migrating"), &options)
        .expect("an update");
    assert_eq!(told.take(), ["loaded equipped 1.3.0"]);
    assert_eq!(tool(&mut count), "hammer of 1.3.0, 1 times");
}

#[test]
fn what_is_on_trial_is_set_up_too() {
    let told = Told::default();
    let host = told.host();
    let module = load(&host, BASE);
    let pool: Pool<u32, dyn Equipped> = module.pool();
    pool.create(1, "").expect("a count");
    told.take();
    let canary = pool
        .canary(EQUIPPED.file("second"), CanaryOptions::percent(100))
        .expect("a canary");
    let tool = pool.call(&1, |count| {
        count.next().expect("a call");
        count.tool()
    });
    assert_eq!(tool.expect("an instance"), "hammer of 1.1.0, 1 times");
    canary.promote().expect("a promotion");
    assert_eq!(told.take(), ["loaded equipped 1.1.0"]);

    told.objects(Some("no room"));
    let canary = pool.canary(EQUIPPED.file("third"), CanaryOptions::percent(100));
    refused(&canary.expect_err("no hammer"), "no room");
    let shadow = module.shadow(EQUIPPED.file("third"), ShadowOptions::every(1));
    refused(&shadow.expect_err("no hammer"), "no room");
    let candidate = module.candidate(EQUIPPED.file("third"));
    refused(&candidate.expect_err("no hammer"), "no room");
    told.objects(None);
    told.take();
    let candidate = module
        .candidate(EQUIPPED.file("third"))
        .expect("a candidate");
    assert_eq!(told.take(), ["loaded equipped 1.2.0"]);
    drop(candidate);
}

#[test]
fn a_retired_version_gives_back_what_it_took_and_is_set_up_again_if_it_returns() {
    let told = Told::default();
    let host = told.host();
    let events = host.events();
    let module = load(&host, BASE);
    let mut count = module.create("").expect("a count");
    told.take();
    update(&module, "second");
    // A rollback leads to the first, and an instance is at it.
    module.make_permanent();
    assert_eq!(told.take(), ["loaded equipped 1.1.0"]);
    count.next().expect("a call");
    until_state(&events, UpdateState::Retired);
    assert_eq!(told.take(), ["retired equipped 1.0.0"]);

    // A version is set up once each time it comes into use.
    update(&module, BASE);
    assert_eq!(tool(&mut count), "hammer of 1.0.0, 2 times");
    module.make_permanent();
    until_state(&events, UpdateState::Retired);
    assert_eq!(
        told.take(),
        ["loaded equipped 1.0.0", "retired equipped 1.1.0"]
    );

    // A version whose function panics is retired all the same, and that is told.
    update(&module, "ending-badly");
    count.next().expect("a call");
    module.make_permanent();
    until_state(&events, UpdateState::Retired);
    update(&module, BASE);
    count.next().expect("a call");
    module.make_permanent();
    let last = until_state(&events, UpdateState::Retired)
        .pop()
        .expect("an event");
    let reason = last.reason.expect("a reason");
    assert!(
        reason.starts_with("`close`, marked `#[hotmod::retired]`, panicked at "),
        "{reason}"
    );
    assert!(reason.ends_with("still in use"), "{reason}");
    assert!(module.versions()[2].is_retired);

    // A version that was never published has taken something too.
    told.take();
    drop(
        module
            .candidate(EQUIPPED.file("third"))
            .expect("a candidate"),
    );
    update(&module, "second");
    let retired = || {
        told.told
            .lock()
            .expect("a text")
            .contains(&"retired equipped 1.2.0".to_owned())
    };
    until_equal(retired, &true);
}

#[test]
fn a_version_is_not_retired_while_there_is_a_candidate_of_it() {
    let told = Told::default();
    let host = told.host();
    let events = host.events();
    let module = load(&host, BASE);
    let mut count = module.create("").expect("a count");
    let candidate = module.candidate(EQUIPPED.file("third"));
    let candidate = candidate.expect("a candidate");
    told.take();
    // What retires the first would have retired the candidate's, too.
    update(&module, "second");
    module.make_permanent();
    count.next().expect("a call");
    until_state(&events, UpdateState::Retired);
    assert_eq!(
        told.take(),
        ["loaded equipped 1.1.0", "retired equipped 1.0.0"]
    );
    let versions = module.versions();
    let third = versions.iter().find(|it| it.version == "1.2.0");
    let third = third.expect("the candidate's version");
    assert_eq!(
        (third.is_retired, third.needed.as_slice()),
        (false, &[NeededFor::Candidate][..])
    );

    drop(candidate);
    let third = || {
        let versions = module.versions();
        let third = versions.into_iter().find(|it| it.version == "1.2.0");
        third.is_some_and(|it| it.is_retired)
    };
    until_equal(third, &true);
    assert_eq!(told.take(), ["retired equipped 1.2.0"]);
}

/// What an update runs would wait for itself, if it updated the module and waited for that.
#[test]
fn what_sets_a_version_up_is_refused_another_update_of_its_module() {
    let module: Arc<Mutex<Option<Module<dyn Equipped>>>> = Arc::default();
    let told: Arc<Mutex<Vec<(&str, Rule)>>> = Arc::default();
    let requested: Arc<Mutex<Option<UpdateRequest>>> = Arc::default();
    let within = (module.clone(), told.clone(), requested.clone());
    let happens = move |what: &str| -> Result<(), String> {
        let (module, told, requested) = &within;
        let Some(module) = module.lock().expect("a module").clone() else {
            return Ok(());
        };
        if what != "loaded equipped 1.1.0" {
            return Ok(());
        }
        let note = |what, refusal: Refusal| {
            assert!(refusal.to_string().contains("1.0.0 keeps running"));
            let rule = refusal.differences()[0].rule;
            told.lock().expect("a list").push((what, rule));
        };
        let third = EQUIPPED.file("third");
        note("update", module.update(&third).expect_err("in an update"));
        note("rollback", module.rollback().expect_err("in an update"));
        let rehearsal = RehearsalOptions::new();
        let rehearsed = module.rehearse(&third, &rehearsal);
        note("rehearse", rehearsed.expect_err("in an update"));
        let candidate = module.candidate(&third);
        note("candidate", candidate.expect_err("in an update"));
        let shadow = module.shadow(&third, ShadowOptions::every(1));
        note("shadow", shadow.expect_err("in an update"));
        let canary = module
            .pool::<u8>()
            .canary(&third, CanaryOptions::percent(1));
        note("canary", canary.expect_err("in an update"));
        module.make_permanent();
        // An instance of the version that runs on is created and called.
        let mut count = module.create("").expect("a count");
        count.next().expect("a call");
        *requested.lock().expect("a request") = Some(module.request_update(&third));
        Ok(())
    };
    let host = Host::builder().provide("happens", happens);
    let host = host.build().expect("a host");
    let loaded = load(&host, BASE);
    *module.lock().expect("a module") = Some(loaded.clone());
    update(&loaded, "second");
    module.lock().expect("a module").take();
    let asked = [
        "update",
        "rollback",
        "rehearse",
        "candidate",
        "shadow",
        "canary",
    ];
    assert_eq!(
        *told.lock().expect("a list"),
        asked.map(|what| (what, Rule::WithinUpdate))
    );
    // What was asked for without waiting comes when the update is over.
    let requested = requested.lock().expect("a request").take();
    let third = requested.expect("a request").wait().expect("an update");
    assert_eq!((third.from.as_str(), third.to.as_str()), ("1.1.0", "1.2.0"));
}

/// The function need not be in the module's own crate, nor be named by anything in it.
#[test]
fn a_library_of_the_module_may_set_it_up() {
    let built = Family::new("equipped_library")
        .variant("second", &[(VERSION, "version: \"1.1.0\"")])
        .build();
    let host = Host::builder().build().expect("a host");
    let module = host.load_untyped(built.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let tool = module
        .function::<fn() -> String>("tool")
        .expect("the export");
    assert_eq!(
        tool.call().expect("a call"),
        "saw of equipped-library 1.0.0"
    );
    let update = module.update(built.file("second"));
    update.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(
        tool.call().expect("a call"),
        "saw of equipped-library 1.1.0"
    );
}
