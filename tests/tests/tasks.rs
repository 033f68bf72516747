//! The tasks of the guide: the solution on each page is applied to the example that it is of, built, and updated to in a
//! host with live state.

use std::fs;

use game_interface::Game;
use hotmod_host::{CallError, Host, Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Edit, Family, ForGood};
use hotmod_tests::page::{Page, Step, checkout};
use store_interface::Store;

/// The edits on the page of a task.
fn edits(task: &str) -> Vec<Edit> {
    let page = Page::read(&format!("guide/src/tasks/{task}.md"));
    let mut edits = Vec::new();
    for step in page.steps {
        let Step::Edit { places, .. } = step else {
            panic!("{task}: {step:?} is no edit");
        };
        edits.extend(
            places
                .into_iter()
                .map(|(was, now)| (was.for_good(), now.for_good())),
        );
    }
    assert!(!edits.is_empty(), "{task} has no solution");
    edits
}

fn path(of: &str) -> &'static str {
    let path = checkout().join(of);
    let (_, name) = of.rsplit_once('/').expect("a path");
    let (kind, _) = of
        .trim_start_matches("examples/")
        .split_once('/')
        .expect("a path");
    format!("{kind}-{name} = {{ path = {path:?} }}").for_good()
}

fn source(of: &str) -> String {
    fs::read_to_string(checkout().join("examples").join(of)).expect("a source")
}

const GAME: [&str; 4] = [
    "add-a-field",
    "rename-a-field",
    "split-a-struct",
    "undo-a-bad-release",
];
const STORE: [&str; 1] = ["add-a-command"];

fn games() -> Built {
    let family = Family::written("task-game", source("game/v1_1/src/lib.rs"));
    let family = family.depends(path("examples/game/interface"));
    let all = GAME
        .iter()
        .fold(family, |family, task| family.variant(task, &edits(task)));
    all.build()
}

fn stores() -> Built {
    let module = "\nhotmod::module! { name: \"store\", version: \"1.0.0\" }\n";
    let family = Family::written("task-store", source("store/v1_0/src/store.rs") + module);
    let family = family
        .depends(path("examples/store/interface"))
        .depends(path("examples/store/protocol"));
    let all = STORE
        .iter()
        .fold(family, |family, task| family.variant(task, &edits(task)));
    all.build()
}

/// A world of the game as it is, in which ada was greeted once.
fn world(games: &Built) -> (Module<dyn Game>, Instance<dyn Game>) {
    let host = Host::builder().stub_imports(true).build().expect("a host");
    let game = host.load::<dyn Game>(games.file(BASE)).expect("the game");
    let mut world = game.create("seed = 7").expect("a world");
    assert_eq!(
        world.hello("ada").expect("it answers"),
        "hello Ada, visit 1"
    );
    (game, world)
}

fn shown(world: &mut Instance<dyn Game>, path: &str) -> String {
    world
        .inspect(path)
        .expect("a part of the world")
        .value
        .to_string()
}

#[test]
fn each_page_of_a_task_is_tested() {
    let folder = checkout().join("guide/src/tasks");
    let mut pages: Vec<_> = fs::read_dir(folder)
        .expect("the tasks")
        .map(|it| {
            it.expect("an entry")
                .file_name()
                .into_string()
                .expect("a name in UTF-8")
        })
        .collect();
    pages.sort();
    let mut tested: Vec<_> = GAME
        .iter()
        .chain(&STORE)
        .map(|it| format!("{it}.md"))
        .collect();
    tested.sort();
    assert_eq!(pages, tested);
}

#[test]
fn tasks_of_the_game_are_solved_with_live_players() {
    let games = games();

    let (game, mut world) = self::world(&games);
    let report = game.update(games.file("add-a-field")).expect("gold");
    assert!(
        report.to_string().contains("World.players[].gold: default"),
        "{report}"
    );
    assert_eq!(
        world.hello("ada").expect("it answers"),
        "hello Ada, visit 2"
    );
    assert_eq!(shown(&mut world, "players[7].gold"), "101");

    let (game, mut world) = self::world(&games);
    let report = game
        .update(games.file("rename-a-field"))
        .expect("another name");
    assert!(
        report
            .to_string()
            .contains("World.players[].greetings: renamed from visits"),
        "{report}"
    );
    assert_eq!(
        world.hello("ada").expect("it answers"),
        "hello Ada, visit 2"
    );
    assert_eq!(shown(&mut world, "players[7].greetings"), "2");

    let (game, mut world) = self::world(&games);
    game.update(games.file("split-a-struct")).expect("a record");
    assert_eq!(
        world.hello("ada").expect("it answers"),
        "hello Ada, visit 2"
    );
    assert_eq!(shown(&mut world, "players[7].record.visits"), "2");
    game.rollback().expect("the version before");
    assert_eq!(
        world.hello("ada").expect("it answers"),
        "hello Ada, visit 3"
    );
    assert_eq!(shown(&mut world, "players[7].visits"), "3");
}

#[test]
fn a_bad_release_is_undone_and_loses_nothing_that_the_version_before_knows() {
    let games = games();
    let (game, mut world) = world(&games);
    game.update(games.file("undo-a-bad-release"))
        .expect("the bad release");
    assert_eq!(
        world.hello("ada").expect("it answers"),
        "hello Ada, visit 2"
    );
    assert!(matches!(world.hello("ada"), Err(CallError::Panicked(_))));
    assert_eq!(
        world.hello("bob").expect("it answers"),
        "hello Bob, visit 1"
    );
    let back = game.rollback_report().expect("a way back").to_string();
    assert!(back.contains("World.players[].greeted_well"), "{back}");
    game.rollback().expect("the version before");
    // The visit that failed was counted before it did.
    assert_eq!(
        world.hello("ada").expect("it answers"),
        "hello Ada, visit 4"
    );
    assert_eq!(
        world.hello("bob").expect("it answers"),
        "hello Bob, visit 2"
    );
}

#[test]
fn the_store_gets_a_command() {
    let stores = stores();
    let host = Host::builder().stub_imports(true).build().expect("a host");
    let store = host
        .load::<dyn Store>(stores.file(BASE))
        .expect("the store");
    let mut db = store.create("").expect("a store");
    let mut replies = Vec::new();
    let mut ask = |request: &[u8]| {
        replies.clear();
        db.carry_out(request, &mut replies).expect("it answers");
        String::from_utf8_lossy(&replies).into_owned()
    };
    assert_eq!(
        ask(b"*3\r\n$3\r\nSET\r\n$3\r\nada\r\n$5\r\nhello\r\n"),
        "+OK\r\n"
    );
    let length = b"*2\r\n$6\r\nSTRLEN\r\n$3\r\nada\r\n";
    assert!(ask(length).starts_with("-ERR unknown command"));
    store
        .update(stores.file("add-a-command"))
        .expect("a command");
    assert_eq!(ask(length), ":5\r\n");
    assert_eq!(ask(b"*2\r\n$6\r\nSTRLEN\r\n$3\r\nbob\r\n"), ":0\r\n");
}
