//! Modules that two compilers have built and that call each other: what passes is converted, since no compiler
//! lays it out as the other does.

use std::sync::LazyLock;

use hotmod_host::Pool;
use hotmod_tests::compiler::OTHER;

use hotmod_tests::fixture::{Built, Family};

use super::instances::{Door, Room, lobby};
use super::*;

/// A module that the other compiler has built; nothing where there is none.
macro_rules! built_there {
    ($family:literal) => {
        match &*OTHER {
            Some(rustc) => Family::new($family)
                .compiler(rustc.clone())
                .build()
                .file(BASE),
            None => return,
        }
    };
}

fn all_passes(arms: &Path, quests: &Path) {
    let host = host();
    load(&host, arms);
    let quests = load(&host, quests);
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
    let survive = function::<fn(&str) -> String>(&quests, "survive");
    assert_eq!(survive.call("ice").expect("a call"), "ice shatters");
    let fail = function::<fn(&str) -> u32>(&quests, "fail");
    let said = fail.call("glass").expect_err("a panic").to_string();
    assert!(said.contains("glass shatters"), "{said}");
}

#[test]
fn functions_of_modules_of_two_compilers_call_each_other() {
    let (arms, quests) = (built_there!("arms"), built_there!("quests"));
    all_passes(&arms, &QUESTS.file(BASE));
    all_passes(&ARMS.file(BASE), &quests);
    all_passes(&arms, &quests);
    // One is updated to what the other compiler made of it.
    let host = host();
    let arms_here = load(&host, ARMS.file(BASE));
    let quests_here = load(&host, QUESTS.file(BASE));
    let everything = function::<fn() -> Vec<String>>(&quests_here, "everything");
    let before = everything.call().expect("a call");
    update(&arms_here, &arms);
    assert_eq!(everything.call().expect("a call"), before);
    update(&quests_here, &quests);
    assert_eq!(everything.call().expect("a call"), before);
    arms_here.rollback().expect("a rollback");
    assert_eq!(everything.call().expect("a call"), before);
}

fn rooms_are_visited(hall: &Path, guests: &Path) -> (Host, Module<dyn Room>) {
    let host = Host::builder().provide("back", |_: u64| String::new());
    let host = host.build().expect("a host");
    let hall = host.load::<dyn Room>(hall);
    let hall = hall.unwrap_or_else(|refusal| panic!("{refusal}"));
    let rooms: Pool<u64, dyn Room> = Pool::builder(&hall).name("rooms").build().expect("a pool");
    rooms.create(7, "seven").expect("a room");
    let lobby = lobby(&hall);
    let guests = load(&host, guests);
    let talk = function::<fn(u64, &str) -> Result<Vec<String>, String>>(&guests, "talk");
    let heard = talk.call(7, "hello").expect("a call");
    assert_eq!(heard, Ok(vec!["seven: hello".to_owned()]));
    let arrive = function::<fn(&str) -> Result<Vec<String>, String>>(&guests, "arrive");
    let heard = arrive.call("ada").expect("a call");
    assert_eq!(heard, Ok(vec!["lobby: ada".to_owned()]));
    let fail = function::<fn(u64) -> String>(&guests, "fail");
    let said = fail.call(7).expect("a call");
    assert!(said.ends_with("fire in seven [HM-0501]"), "{said}");
    drop((rooms, lobby));
    (host, hall)
}

#[test]
fn instances_of_modules_of_two_compilers_are_called() {
    let (hall, guests) = (built_there!("hall"), built_there!("guests"));
    let there = |built: &LazyLock<Built>| built.file(BASE);
    let (hall_here, guests_here) = (&super::instances::HALL, &super::instances::GUESTS);
    rooms_are_visited(&hall, &there(guests_here));
    let (host, module) = rooms_are_visited(&there(hall_here), &guests);
    // A key is not converted: what the other compiler lays out otherwise is another one.
    let doors: std::io::Result<Pool<Door, dyn Room>> = Pool::builder(&module).name("doors").build();
    let said = doors.expect_err("keys of another layout").to_string();
    assert!(
        said.contains("a pool by `Door` of module `hall`, with keys of another layout"),
        "{said}"
    );
    drop(host);
}
