//! Modules that call each other, on real modules: by way of the host, which leads a call to what is current in
//! the other module, and lets no update leave a module without what it needs.

use std::path::Path;

use hotmod_host::describe::Rule;
use hotmod_host::{CallError, Function, Host, Module, Refusal, Signature, Untyped, UpdateOptions};
use hotmod_tests::fixture::BASE;
use hotmod_tests::neighbours::{ARMS, QUESTS};

#[path = "between/apart.rs"]
mod apart;
#[path = "between/compilers.rs"]
mod compilers;
#[path = "between/held.rs"]
mod held;
#[path = "between/instances.rs"]
mod instances;
#[path = "between/meanwhile.rs"]
mod meanwhile;
#[path = "between/moment.rs"]
mod moment;
#[path = "between/refused.rs"]
mod refused;
#[path = "between/storms.rs"]
mod storms;
#[path = "between/together.rs"]
mod together;
#[path = "between/watched.rs"]
mod watched;

fn host() -> Host {
    Host::builder().build().expect("a host")
}

fn load(host: &Host, file: impl AsRef<Path>) -> Module<Untyped> {
    let module = host.load_untyped(file);
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn function<F: Signature>(module: &Module<Untyped>, name: &str) -> Function<F> {
    let function = module.function::<F>(name);
    function.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn update(module: &Module<Untyped>, file: impl AsRef<Path>) -> String {
    let report = module.update(file);
    report
        .unwrap_or_else(|refusal| panic!("{refusal}"))
        .to_string()
}

/// Both modules, each as it was first.
fn both() -> (Host, Module<Untyped>, Module<Untyped>) {
    let host = host();
    let arms = load(&host, ARMS.file(BASE));
    let quests = load(&host, QUESTS.file(BASE));
    (host, arms, quests)
}

#[test]
fn a_module_calls_the_functions_of_another() {
    let (_host, _, quests) = both();
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
    let everything = function::<fn() -> Vec<String>>(&quests, "everything");
    assert_eq!(
        everything.call().expect("a call"),
        [
            "[Blow { name: \"axe\", weight: 3 }, Blow { name: \"hammer\", weight: 3 }]",
            "Blow { name: \"hammer!\", weight: 7 }",
            "Ok(70)",
            "Err(\"axe weighs nothing\")",
            "7",
        ]
    );
}

#[test]
fn a_call_follows_the_updates_and_rollbacks_of_the_other_module() {
    let (_host, arms, quests) = both();
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
    update(&arms, ARMS.file("double"));
    assert_eq!(fight.call(9, 4).expect("a call"), 11);
    update(&quests, QUESTS.file("newer"));
    assert_eq!(fight.call(9, 4).expect("a call"), 12);
    arms.rollback().expect("a rollback");
    assert_eq!(fight.call(9, 4).expect("a call"), 7);
    quests.rollback().expect("a rollback");
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
}

#[test]
fn a_panic_of_the_other_module_goes_on_in_the_caller() {
    let (_host, _, quests) = both();
    let fail = function::<fn(&str) -> u32>(&quests, "fail");
    match fail.call("glass").expect_err("a panic") {
        CallError::Panicked(panicked) => {
            assert_eq!(panicked.message, "glass shatters");
            assert_eq!(panicked.export, "fail");
        }
        other => panic!("{other}"),
    }
    // The module may catch it.
    let survive = function::<fn(&str) -> String>(&quests, "survive");
    assert_eq!(survive.call("ice").expect("a call"), "ice shatters");
}

#[test]
fn an_optional_import_comes_and_goes_with_the_other_module() {
    let host = host();
    let peaceful = load(&host, ARMS.file(BASE));
    let quests = load(&host, QUESTS.file(BASE));
    let lucky = function::<fn(u64) -> Result<u32, String>>(&quests, "lucky");
    let has_luck = function::<fn() -> (bool, bool)>(&quests, "has_luck");
    let stumble = function::<fn(u64) -> u32>(&quests, "stumble");
    let absent = "the import `luck` was not called: module `arms` is not loaded, or has no such function [HM-0524]";
    assert_eq!(lucky.call(3).expect("a call"), Err(absent.to_owned()));
    assert_eq!(has_luck.call().expect("a call"), (false, false));
    let said = stumble.call(3).expect_err("a panic").to_string();
    assert!(
        said.contains("the import `mishap` was not called")
            && said.contains("ask `mishap::is_provided()`"),
        "{said}"
    );

    update(&peaceful, ARMS.file("luck"));
    assert_eq!(has_luck.call().expect("a call"), (true, true));
    assert_eq!(lucky.call(3).expect("a call"), Ok(3));
    assert_eq!(
        lucky.call(u64::MAX).expect("a call"),
        Err("too much".to_owned())
    );
    assert_eq!(stumble.call(3).expect("a call"), 103);

    peaceful.rollback().expect("a rollback");
    assert_eq!(has_luck.call().expect("a call"), (false, false));
    assert_eq!(lucky.call(3).expect("a call"), Err(absent.to_owned()));
}

#[test]
fn modules_in_a_circle_are_loaded_together() {
    let host = host();
    let refusal = host
        .load_untyped(ARMS.file("circle"))
        .expect_err("a refusal");
    let said = refusal.to_string();
    assert!(
        said.contains("import quests::fight(): expected a loaded module `quests`")
            && said.contains("Host::load_all"),
        "{said}"
    );
    let modules = host.load_all([QUESTS.file("circle"), ARMS.file("circle")]);
    let modules = modules.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!([modules[0].name(), modules[1].name()], ["quests", "arms"]);
    let fight = function::<fn(u32, u32) -> u32>(&modules[0], "fight");
    // Three times round.
    assert_eq!(fight.call(3, 10).expect("a call"), 7 + 2 + 10);
    assert_eq!(host.modules().len(), 2);
}

#[test]
fn of_modules_that_are_loaded_together_all_are_or_none() {
    let host = host();
    let refusal = host
        .load_all([ARMS.file(BASE), QUESTS.file("heals")])
        .expect_err("a refusal");
    assert!(
        refusal.to_string().contains("import arms::heal()"),
        "{refusal}"
    );
    assert!(host.modules().is_empty());
    // What was loaded already is not lost.
    let modules = host.load_all([ARMS.file(BASE), QUESTS.file(BASE)]);
    let modules = modules.unwrap_or_else(|refusal| panic!("{refusal}"));
    let fight = function::<fn(u32, u32) -> u32>(&modules[1], "fight");
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
    let again = host.load_all([ARMS.file(BASE)]).expect_err("a refusal");
    assert!(
        again.to_string().contains("use `Module::update`"),
        "{again}"
    );
}
