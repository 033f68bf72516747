//! Modules that call the instances of another one's pools, by the names that a host gives them.

use std::io::ErrorKind;
use std::sync::{Arc, OnceLock, Weak};
use std::thread;

use hotmod_host::{CanaryOptions, Pool, PoolError, SharedInstance};
pub(super) use hotmod_tests::neighbours::{Door, GUESTS, HALL, Room};

use super::*;

/// What the host's function calls: a function of the guests.
type Visits = Function<fn(u64, &str) -> Result<usize, String>>;

pub(super) struct Town {
    pub(super) host: Host,
    pub(super) hall: Module<dyn Room>,
    pub(super) guests: Module<Untyped>,
    /// Kept for the host's function.
    _visits: Arc<OnceLock<Visits>>,
}

pub(super) fn town() -> Town {
    let visits = Arc::new(OnceLock::new());
    let host = town_host(Arc::downgrade(&visits));
    let hall = host.load::<dyn Room>(HALL.file(BASE));
    let hall = hall.unwrap_or_else(|refusal| panic!("{refusal}"));
    let guests = load(&host, GUESTS.file(BASE));
    let _ = visits.set(function(&guests, "visit"));
    Town {
        host,
        hall,
        guests,
        _visits: visits,
    }
}

fn town_host(visits: Weak<OnceLock<Visits>>) -> Host {
    Host::builder()
        .provide("back", move |key: u64| -> String {
            let visits = visits.upgrade();
            let visit = visits.as_ref().and_then(|it| it.get());
            match visit.map(|visit| visit.call(key, "back")) {
                Some(Ok(said)) => format!("{said:?}"),
                other => format!("{}", other.is_none()),
            }
        })
        .build()
        .expect("a host")
}

/// The hall's lobby.
pub(super) fn lobby(hall: &Module<dyn Room>) -> SharedInstance<dyn Room> {
    let lobby = SharedInstance::builder(hall).name("lobby");
    lobby.create("lobby").expect("an instance")
}

impl Town {
    pub(super) fn rooms(&self) -> Pool<u64, dyn Room> {
        let rooms = Pool::builder(&self.hall)
            .name("rooms")
            .build()
            .expect("a pool");
        rooms.create(7, "seven").expect("a room");
        rooms.create(8, "eight").expect("a room");
        rooms
    }

    pub(super) fn visit(&self, key: u64, text: &str) -> Result<usize, String> {
        let visit = function::<fn(u64, &str) -> Result<usize, String>>(&self.guests, "visit");
        visit.call(key, text).expect("a call")
    }

    pub(super) fn fail(&self) -> String {
        function::<fn(u64) -> String>(&self.guests, "fail")
            .call(7)
            .expect("a call")
    }
}

#[test]
fn a_module_calls_the_instances_of_another_by_their_keys() {
    let town = town();
    let rooms = town.rooms();
    assert_eq!(town.visit(7, "hello"), Ok(1));
    assert_eq!(town.visit(7, "again"), Ok(2));
    assert_eq!(town.visit(8, "hi"), Ok(1));
    let said = rooms.call_shared(&7, |room| room.said()).expect("a call");
    assert_eq!(said, ["seven: hello", "seven: again"]);
    // Several calls in one use, and what several threads may do.
    let talk = function::<fn(u64, &str) -> Result<Vec<String>, String>>(&town.guests, "talk");
    assert_eq!(
        talk.call(8, "there").expect("a call"),
        Ok(vec!["eight: hi".to_owned(), "eight: there".to_owned()])
    );
    let listen = function::<fn(u64) -> Result<Vec<String>, String>>(&town.guests, "listen");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    assert_eq!(listen.call(7).expect("a call").expect("a room").len(), 2);
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..200 {
                town.visit(8, "more").expect("a room");
            }
        });
    });
    assert_eq!(town.visit(8, "last"), Ok(203));
}

#[test]
fn described_keys_and_shared_instances_are_found() {
    let town = town();
    let doors: Pool<Door, dyn Room> = Pool::builder(&town.hall)
        .name("doors")
        .build()
        .expect("a pool");
    let door = |name: &str| Door {
        floor: 2,
        name: name.to_owned(),
    };
    doors.create(door("blue"), "behind").expect("a room");
    let knock = function::<fn(u8, &str) -> Result<usize, String>>(&town.guests, "knock");
    assert_eq!(knock.call(2, "blue").expect("a call"), Ok(1));
    assert_eq!(
        knock.call(2, "red").expect("a call"),
        Err("the pool `doors` has no instance under this key [HM-0511]".to_owned())
    );
    let lobby: SharedInstance<dyn Room> = SharedInstance::builder(&town.hall)
        .name("lobby")
        .create("lobby")
        .expect("an instance");
    assert_eq!(lobby.name(), Some("lobby"));
    lobby.call(|lobby| lobby.say("open")).expect("a call");
    let arrive = function::<fn(&str) -> Result<Vec<String>, String>>(&town.guests, "arrive");
    assert_eq!(
        arrive.call("ada").expect("a call"),
        Ok(vec!["lobby: open".to_owned(), "lobby: ada".to_owned()])
    );
}

#[test]
fn what_is_not_there_is_told_and_may_come() {
    let town = town();
    let not_built = town.visit(7, "x").expect_err("no pool");
    assert!(
        not_built.contains("the host has no pool or instance `rooms` of module `hall` [HM-0521]"),
        "{not_built}"
    );
    let rooms = town.rooms();
    assert_eq!(town.visit(7, "x"), Ok(1));
    assert_eq!(
        town.visit(9, "x"),
        Err("the pool `rooms` has no instance under this key [HM-0511]".to_owned())
    );
    drop(rooms);
    assert!(
        town.visit(7, "x")
            .expect_err("no pool")
            .contains("has no pool")
    );
    // The name is free again.
    let _rooms = town.rooms();
    assert_eq!(town.visit(7, "x"), Ok(1));
}

#[test]
fn a_module_that_can_do_without_waits_for_the_other() {
    let host = town_host(Weak::new());
    let refusal = host.load_untyped(GUESTS.file(BASE)).expect_err("a refusal");
    assert!(
        refusal
            .to_string()
            .contains("import rooms: expected a loaded module `hall` that implements `Room`"),
        "{refusal}"
    );
    let guests = load(&host, GUESTS.file("patient"));
    let visit = function::<fn(u64, &str) -> Result<usize, String>>(&guests, "visit");
    assert_eq!(
        visit.call(7, "x").expect("a call"),
        Err("module `hall` is not loaded [HM-0520]".to_owned())
    );
    let hall = host.load::<dyn Room>(HALL.file(BASE));
    let hall = hall.unwrap_or_else(|refusal| panic!("{refusal}"));
    let rooms: Pool<u64, dyn Room> = Pool::builder(&hall).name("rooms").build().expect("a pool");
    rooms.create(7, "seven").expect("a room");
    assert_eq!(visit.call(7, "x").expect("a call"), Ok(1));
}

#[test]
fn a_call_back_into_an_instance_is_an_error() {
    let town = town();
    let _rooms = town.rooms();
    let echo = function::<fn(u64, u64) -> Result<String, String>>(&town.guests, "echo");
    let said = echo.call(7, 7).expect("a call").expect("a room");
    assert!(
        said.contains(
            "this thread uses this instance of `rooms` already, and would wait for itself [HM-0513]"
        ),
        "{said}"
    );
    // Into another one, it is a call like any other.
    assert_eq!(echo.call(7, 8).expect("a call"), Ok("Ok(1)".to_owned()));
    assert_eq!(town.visit(7, "after"), Ok(1));
}

/// No function of the host is between them.
#[test]
fn a_circle_of_calls_through_modules_is_an_error_on_one_instance() {
    let host = host();
    let modules = host.load_all([HALL.file("circle"), GUESTS.file(BASE)]);
    let modules = modules.unwrap_or_else(|refusal| panic!("{refusal}"));
    let hall = modules[0].interface::<dyn Room>();
    let hall = hall.unwrap_or_else(|refusal| panic!("{refusal}"));
    let rooms: Pool<u64, dyn Room> = Pool::builder(&hall).name("rooms").build().expect("a pool");
    rooms.create(7, "seven").expect("a room");
    rooms.create(8, "eight").expect("a room");
    let echo = function::<fn(u64, u64) -> Result<String, String>>(&modules[1], "echo");
    let in_use = "Err(\"this thread uses this instance of `rooms` already, and would wait for itself [HM-0513]\")";
    assert_eq!(
        echo.call(7, 7).expect("a call"),
        Ok(format!("{in_use}, {in_use}"))
    );
    assert_eq!(
        echo.call(7, 8).expect("a call"),
        Ok("Ok(0), Ok(1)".to_owned())
    );
    // Begun by the host, it is the same.
    let said = rooms.call(&7, |room| room.echo(7)).expect("a call");
    assert_eq!(said, format!("{in_use}, {in_use}"));
}

#[test]
fn what_does_not_fit_an_instance_is_told_by_its_path() {
    let town = town();
    let rooms = town.rooms();
    town.hall
        .update(HALL.file("narrow"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let echo = function::<fn(u64, u64) -> Result<String, String>>(&town.guests, "echo");
    let said = echo
        .call(7, 1 << 40)
        .expect("a call")
        .expect_err("a number too large");
    assert_eq!(
        said,
        "`Room::echo` of version 1.1.0 was not called: Room::echo(key): 1099511627776 does not fit [HM-0503]"
    );
    assert_eq!(echo.call(7, 8).expect("a call"), Ok("Ok(1)".to_owned()));
    let said = rooms.call_shared(&7, |room| room.said()).expect("a call");
    assert_eq!(said, ["8"]);

    town.hall.rollback().expect("a rollback");
    town.hall
        .update(HALL.file("wide"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(
        town.fail(),
        "`Room::fail` of version 1.1.0 ran, and what it returned does not fit: Room::fail() ->: \
         18446744073709551615 does not fit [HM-0503]"
    );
    // It ran.
    let said = rooms.call_shared(&7, |room| room.said()).expect("a call");
    assert_eq!(said, ["8", "fire"]);
}

#[test]
fn a_panic_leaves_the_instance_in_use() {
    let town = town();
    let rooms = town.rooms();
    let said = town.fail();
    assert!(
        said.starts_with("`Room::fail` of version 1.0.0 panicked at ")
            && said.ends_with("fire in seven [HM-0501]"),
        "{said}"
    );
    let panics = function::<fn(u64) -> Result<usize, String>>(&town.guests, "panics");
    assert_eq!(
        panics.call(7).expect("a call"),
        Err("in the closure".to_owned())
    );
    assert_eq!(town.visit(7, "after"), Ok(2));
    assert_eq!(rooms.call(&7, |room| room.say("host")).expect("a call"), 3);
}

#[test]
fn a_key_that_panics_in_the_host_panics_in_the_module_alone() {
    let town = town();
    let doors: Pool<Door, dyn Room> = Pool::builder(&town.hall)
        .name("doors")
        .build()
        .expect("a pool");
    let front = Door {
        floor: 0,
        name: "front".to_owned(),
    };
    doors.create(front, "front").expect("a room");
    let knock = function::<fn(u8, &str) -> Result<usize, String>>(&town.guests, "knock");
    let jammed = knock.call(0, "jammed").expect_err("a panic").to_string();
    assert!(
        jammed.ends_with("a value that is not text [HM-0501]"),
        "{jammed}"
    );
    assert_eq!(knock.call(0, "front"), Ok(Ok(1)));
}

#[test]
fn an_instance_follows_its_module_when_another_module_calls_it() {
    let town = town();
    let rooms = town.rooms();
    assert_eq!(town.visit(7, "before"), Ok(1));
    town.hall
        .update(HALL.file("loud"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(rooms.counts()["1.0.0"], 2);
    assert_eq!(town.visit(7, "after"), Ok(2));
    assert_eq!(rooms.counts()["1.0.0"], 1);
    let said = rooms.call_shared(&7, |room| room.said()).expect("a call");
    assert_eq!(said, ["seven: before", "seven: after!"]);
    // One that has not moved yet is read where it is.
    let listen = function::<fn(u64) -> Result<Vec<String>, String>>(&town.guests, "listen");
    assert_eq!(listen.call(8).expect("a call"), Ok(Vec::new()));
    assert_eq!(rooms.counts()["1.0.0"], 1);
    town.hall
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(town.visit(7, "back"), Ok(3));
    assert_eq!(rooms.counts()["1.0.0"], 2);
}

#[test]
fn calls_of_instances_are_converted_and_what_is_needed_is_kept() {
    let town = town();
    let _rooms = town.rooms();
    let refusal = town
        .hall
        .update(HALL.file("silent"))
        .expect_err("a refusal")
        .to_string();
    assert!(
        refusal.contains(
            "Room::said(): was `fn said(&self) -> Vec<String>`, which `guests` 1.0.0 imports"
        ),
        "{refusal}"
    );
    town.hall
        .update(HALL.file("times"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(town.visit(7, "ha"), Ok(1));
    let listen = function::<fn(u64) -> Result<Vec<String>, String>>(&town.guests, "listen");
    assert_eq!(
        listen.call(7).expect("a call"),
        Ok(vec!["seven: hahaha".to_owned()])
    );
}

#[test]
fn calls_of_other_modules_count_for_a_canary() {
    let town = town();
    let rooms = town.rooms();
    let canary = rooms.canary(HALL.file("loud"), CanaryOptions::percent(100));
    let canary = canary.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(town.visit(7, "x"), Ok(1));
    assert_eq!(rooms.counts()["1.1.0"], 1);
    town.fail();
    let counts = canary.report().candidate;
    assert_eq!((counts.calls, counts.panics), (2, 1), "{counts:?}");
    canary.abort().unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(town.visit(7, "y"), Ok(2));
    assert_eq!(rooms.counts()["1.0.0"], 2);
}

#[test]
fn a_name_stands_for_one_pool_or_instance() {
    let town = town();
    let rooms = town.rooms();
    let second: std::io::Result<Pool<u64, dyn Room>> =
        Pool::builder(&town.hall).name("rooms").build();
    let error = second.expect_err("a name that is taken");
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    let said = error.to_string();
    assert!(
        said.contains("the name `rooms` is that of instances of module `hall` in this host"),
        "{said}"
    );
    let second = SharedInstance::builder(&town.hall).name("rooms");
    match second.create("x").expect_err("a name that is taken") {
        PoolError::NameTaken { name, by, .. } => assert_eq!((&*name, &*by), ("rooms", "hall")),
        other => panic!("{other}"),
    }
    drop(rooms);
    town.rooms();
}

#[test]
fn keys_of_another_type_are_refused() {
    let town = town();
    let narrow: std::io::Result<Pool<u32, dyn Room>> =
        Pool::builder(&town.hall).name("rooms").build();
    let error = narrow.expect_err("other keys");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let said = error.to_string();
    for text in [
        "`rooms` would be a pool by `u32` of module `hall`, and modules call another by that name: [HM-0517]",
        "\n  `guests` 1.0.0: a pool by `u64` of module `hall`\n  help: make it what they call",
    ] {
        assert!(said.contains(text), "{said}");
    }
    let doors = SharedInstance::builder(&town.hall).name("doors");
    match doors.create("x").expect_err("a pool's name") {
        PoolError::CalledOtherwise {
            name, found, users, ..
        } => {
            assert_eq!(
                (&*name, &*found),
                ("doors", "a shared instance of module `hall`")
            );
            assert_eq!(users, ["`guests` 1.0.0: a pool by `Door` of module `hall`"]);
        }
        other => panic!("{other:?}"),
    }
    let lobby: std::io::Result<Pool<u64, dyn Room>> =
        Pool::builder(&town.hall).name("lobby").build();
    let said = lobby.expect_err("a name of one instance").to_string();
    assert!(
        said.contains("a shared instance of module `hall`"),
        "{said}"
    );
    // Those that may come back count, and those that are gone do not.
    town.guests
        .update(GUESTS.file("suites"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let narrow: std::io::Result<Pool<u32, dyn Room>> =
        Pool::builder(&town.hall).name("rooms").build();
    let said = narrow.expect_err("other keys").to_string();
    assert!(
        said.contains("`guests` 1.0.0 (to which it may be rolled back): a pool by `u64`"),
        "{said}"
    );
    town.guests.make_permanent();
    let _narrow: Pool<u32, dyn Room> = Pool::builder(&town.hall)
        .name("rooms")
        .build()
        .expect("a pool");
    // What needs others than there are by now does not come back.
    let refusal = town
        .guests
        .update(GUESTS.file("newer"))
        .expect_err("other keys");
    assert!(
        refusal
            .to_string()
            .contains("import rooms: expected a pool by `u64` of module `hall`"),
        "{refusal}"
    );
    // A module that is loaded later is refused.
    let host = town_host(Weak::new());
    let hall = host.load::<dyn Room>(HALL.file(BASE));
    let hall = hall.unwrap_or_else(|refusal| panic!("{refusal}"));
    let _narrow: Pool<u32, dyn Room> = Pool::builder(&hall).name("rooms").build().expect("a pool");
    let refusal = host
        .load_untyped(GUESTS.file(BASE))
        .expect_err("a refusal")
        .to_string();
    assert!(
        refusal.contains(
            "import rooms: expected a pool by `u64` of module `hall`, found a pool by `u32` of module `hall`"
        ),
        "{refusal}"
    );
    assert_eq!(town.host.modules().len(), 2);
}
