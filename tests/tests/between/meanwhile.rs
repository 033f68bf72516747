//! Modules that change while another one is loaded or updated that was compared with them already: it is compared
//! once more before it is called.

use std::sync::{Arc, Mutex};

use hotmod_host::{CanaryOptions, Pool};

use super::instances::{GUESTS, HALL, Room};
use super::*;

/// What a host calls of the hall that leaves the rest to modules.
mod quiet {
    #[hotmod::interface]
    pub(super) trait Room: Sync {
        fn say(&mut self, text: &str) -> usize;
    }
}

use quiet::Room as Quiet;

/// What the host does while a module sets itself up.
type Meanwhile = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

fn pausing_host() -> (Host, Meanwhile) {
    let meanwhile = Meanwhile::default();
    let pauses = meanwhile.clone();
    let host = Host::builder()
        .provide("pause", move || {
            let meanwhile = pauses.lock().expect("no panic").take();
            meanwhile.into_iter().for_each(|it| it());
        })
        .provide("back", |_: u64| String::new())
        .build()
        .expect("a host");
    (host, meanwhile)
}

fn does(meanwhile: &Meanwhile, work: impl FnOnce() + Send + 'static) {
    *meanwhile.lock().expect("no panic") = Some(Box::new(work));
}

#[track_caller]
fn says(refusal: &Refusal, texts: &[&str]) {
    let said = refusal.to_string();
    for text in texts {
        assert!(said.contains(text), "no `{text}` in:\n{said}");
    }
}

const LACKS: [&str; 2] = [
    "import arms::damage(): expected module `arms` with `fn damage(base: u32, armour: u32) -> u32`",
    "found 1.1.0, which has none",
];

#[test]
fn what_a_module_needs_may_go_while_it_is_loaded() {
    let (host, meanwhile) = pausing_host();
    let arms = load(&host, ARMS.file(BASE));
    let other = arms.clone();
    does(&meanwhile, move || {
        update(&other, ARMS.file("without"));
    });
    let refusal = host.load_untyped(QUESTS.file("pauses"));
    says(&refusal.expect_err("a refusal"), &LACKS);
    assert_eq!(host.modules().len(), 1);
    // Loaded together with others, it is the same.
    arms.rollback().expect("a rollback");
    let other = arms.clone();
    does(&meanwhile, move || {
        update(&other, ARMS.file("without"));
    });
    let refusal = host.load_all([QUESTS.file("pauses")]);
    says(&refusal.expect_err("a refusal"), &LACKS);
    // The same file suits what is there again.
    arms.rollback().expect("a rollback");
    let quests = load(&host, QUESTS.file("pauses"));
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
}

#[test]
fn what_a_version_needs_may_go_while_it_is_made_ready() {
    let (host, meanwhile) = pausing_host();
    let arms = load(&host, ARMS.file(BASE));
    let quests = load(&host, QUESTS.file(BASE));
    update(&quests, QUESTS.file("peaceful"));
    quests.make_permanent();
    let other = arms.clone();
    does(&meanwhile, move || {
        update(&other, ARMS.file("without"));
    });
    let refusal = quests.update(QUESTS.file("pauses"));
    says(&refusal.expect_err("a refusal"), &LACKS);
    assert_eq!((quests.version(), arms.version()), ("1.1.0", "1.1.0"));
    arms.rollback().expect("a rollback");
    update(&quests, QUESTS.file("pauses"));
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
}

#[test]
fn a_user_that_comes_meanwhile_keeps_what_it_needs() {
    let (host, meanwhile) = pausing_host();
    let arms = load(&host, ARMS.file("pauses"));
    let quests = load(&host, QUESTS.file(BASE));
    update(&quests, QUESTS.file("peaceful"));
    quests.make_permanent();
    let other = quests.clone();
    does(&meanwhile, move || {
        update(&other, QUESTS.file("newer-yet"));
    });
    let refusal = arms.update(ARMS.file("without-pauses"));
    says(
        &refusal.expect_err("a refusal"),
        &[
            "damage(): was `fn damage(base: u32, armour: u32) -> u32`, which `quests` 1.4.0 imports, now absent",
        ],
    );
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
}

#[test]
fn a_method_that_a_module_calls_may_go_while_it_is_loaded() {
    let (host, meanwhile) = pausing_host();
    let hall = load(&host, HALL.file(BASE));
    let other = hall.clone();
    does(&meanwhile, move || {
        update(&other, HALL.file("silent"));
    });
    let refusal = host.load_untyped(GUESTS.file("pauses"));
    says(
        &refusal.expect_err("a refusal"),
        &["import rooms: Room::said()", "import lobby: Room::said()"],
    );
    hall.rollback().expect("a rollback");
    load(&host, GUESTS.file("pauses"));
}

#[test]
fn a_name_may_be_given_to_other_instances_while_a_module_is_loaded() {
    let (host, meanwhile) = pausing_host();
    let hall = host.load::<dyn Room>(HALL.file(BASE));
    let hall = hall.unwrap_or_else(|refusal| panic!("{refusal}"));
    let built = Arc::new(Mutex::new(None));
    let (other, keeps) = (hall.clone(), built.clone());
    does(&meanwhile, move || {
        let narrow: Pool<u32, dyn Room> =
            Pool::builder(&other).name("rooms").build().expect("a pool");
        *keeps.lock().expect("no panic") = Some(narrow);
    });
    let refusal = host.load_untyped(GUESTS.file("pauses"));
    says(
        &refusal.expect_err("a refusal"),
        &[
            "import rooms: expected a pool by `u64` of module `hall`, found a pool by `u32` of module `hall`",
        ],
    );
    drop(built.lock().expect("no panic").take());
    load(&host, GUESTS.file("pauses"));
}

#[test]
fn a_module_that_needs_what_a_canary_lacks_is_not_loaded_while_that_runs() {
    let (host, meanwhile) = pausing_host();
    let hall = host.load::<dyn Quiet>(HALL.file(BASE));
    let hall = hall.unwrap_or_else(|refusal| panic!("{refusal}"));
    let rooms: Pool<u64, dyn Quiet> = Pool::builder(&hall).name("rooms").build().expect("a pool");
    let silent = || rooms.canary(HALL.file("silent"), CanaryOptions::percent(50));
    let canary = silent().unwrap_or_else(|refusal| panic!("{refusal}"));
    let refusal = host.load_untyped(GUESTS.file(BASE));
    says(
        &refusal.expect_err("a refusal"),
        &["import rooms: Room::said()", "1.1.0 (which is on trial)"],
    );
    canary.abort().unwrap_or_else(|refusal| panic!("{refusal}"));

    // It may begin while the module is loaded, and the module may be there when it is to begin.
    let canary = Arc::new(Mutex::new(None));
    let (begun, pool) = (canary.clone(), Arc::new(rooms));
    let other = pool.clone();
    does(&meanwhile, move || {
        let silent = other.canary(HALL.file("silent"), CanaryOptions::percent(50));
        *begun.lock().expect("no panic") = silent.ok();
    });
    let refusal = host.load_untyped(GUESTS.file("pauses"));
    says(
        &refusal.expect_err("a refusal"),
        &["import rooms: Room::said()", "1.1.0 (which is on trial)"],
    );
    let canary = canary.lock().expect("no panic").take().expect("a canary");
    canary.abort().unwrap_or_else(|refusal| panic!("{refusal}"));
    load(&host, GUESTS.file("pauses"));
    let refused = pool.canary(HALL.file("silent"), CanaryOptions::percent(50));
    says(
        &refused.map(drop).expect_err("a refusal"),
        &["Room::said(): was `fn said(&self) -> Vec<String>`, which `guests` 1.1.0 imports"],
    );
}
