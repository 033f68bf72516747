//! Fields that each side makes anew, and functions that convert what passes: what is made is owned once.

use std::sync::{Arc, LazyLock};

use hotmod::StableState;
use hotmod_host::{Host, Instance};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};

use super::unfit;

#[derive(Debug, StableState)]
struct Session {
    tag: Arc<u8>,
    user: u32,
    #[state(skip, init = fresh)]
    cache: Vec<u8>,
}

fn fresh() -> Vec<u8> {
    vec![1, 2, 3]
}

#[derive(Debug, StableState)]
struct Visit {
    session: Session,
}

#[derive(Debug, StableState)]
struct Price {
    text: String,
    tag: Arc<u8>,
}

#[hotmod::interface]
trait Desk {
    fn enter(&mut self, session: Session) -> Session;
    fn all(&mut self, sessions: Vec<Session>, more: Option<(Session, u8)>) -> Vec<Session>;
    fn visit(&mut self, visit: Visit) -> Visit;
    fn panics(&mut self, visit: Visit) -> u32;
    fn buy(&mut self, price: Price) -> u64;
    fn sell(&mut self, price: Price, cents: u64) -> Price;
    fn pay(&mut self, prices: Vec<Price>) -> Result<Vec<Price>, String>;
}

const UNNAMED: Edit = (
    "#[hotmod::migrate]\nfn price(old: &OldPrice) -> Price {",
    "#[hotmod::migrate]\nfn price(_: &hotmod::Old<'_>) -> Result<Price, String> {\n    \
     Err(\"unread\".to_owned())\n}\n\n#[allow(dead_code)]\nfn unused(old: &OldPrice) -> Price {",
);
const MADE_WHOLE: [Edit; 3] = [
    (
        "    #[state(default)]\n    pub place: String,",
        "    #[state(default = other())]\n    pub other: Session,\n    pub place: Option<String>,",
    ),
    (
        "fn ready() -> String {",
        "fn other() -> Session {\n    Session {\n        user: 0,\n        cache: None,\n        tag: \
         Arc::new(0),\n    }\n}\n\nfn ready() -> String {",
    ),
    (
        "visit.note, visit.place)",
        "visit.note, visit.place.unwrap_or_default())",
    ),
];

static DESKS: LazyLock<Built> = LazyLock::new(|| {
    Family::new("renewed")
        .variant("unnamed", &[UNNAMED])
        .variant("made-whole", &MADE_WHOLE)
        .build()
});

fn desk() -> Instance<dyn Desk> {
    let host = Host::builder().build().expect("the host is built");
    let desk = host.load::<dyn Desk>(DESKS.file(BASE));
    let desk = desk.expect("all can be converted");
    desk.create("").expect("it is made")
}

fn session(tag: &Arc<u8>, user: u32) -> Session {
    Session {
        tag: tag.clone(),
        user,
        cache: vec![9; 100],
    }
}

fn price(tag: &Arc<u8>, text: &str) -> Price {
    Price {
        text: text.to_owned(),
        tag: tag.clone(),
    }
}

#[test]
fn the_receiver_makes_anew_what_is_not_carried_over() {
    let (mut desk, tag) = (desk(), Arc::new(0));
    let back = desk.enter(session(&tag, 7)).expect("it returns");
    assert_eq!((back.user, &back.cache), (7, &vec![1, 2, 3]));
    assert_eq!(Arc::strong_count(&tag), 2);
    drop(back);
    let sessions = (0..5).map(|user| session(&tag, user)).collect();
    let more = Some((session(&tag, 5), 1));
    let all = desk.all(sessions, more).expect("it returns");
    let users: Vec<u32> = all.iter().map(|it| it.user).collect();
    assert_eq!(users, [0, 1, 2, 3, 4, 5]);
    assert!(all.iter().all(|it| it.cache == [1, 2, 3]));
    drop(all);
    let visit = Visit {
        session: session(&tag, 8),
    };
    let back = desk.visit(visit).expect("it returns");
    assert_eq!((back.session.user, back.session.cache), (9, vec![1, 2, 3]));
    drop(back.session.tag);
    assert_eq!(Arc::strong_count(&tag), 1);
}

#[test]
fn what_lacks_a_field_goes_once_where_the_call_fails() {
    let (mut desk, tag) = (desk(), Arc::new(0));
    let visit = Visit {
        session: session(&tag, 8),
    };
    let panicked = desk.panics(visit).expect_err("it panics");
    assert!(
        panicked.to_string().contains("by the module at "),
        "{panicked}"
    );
    assert_eq!(Arc::strong_count(&tag), 1);
    // The user is too large for the caller.
    let visit = Visit {
        session: session(&tag, u32::MAX),
    };
    let path = unfit(desk.visit(visit), true);
    assert!(path.contains(".session.user"), "{path}");
    assert_eq!(Arc::strong_count(&tag), 1);
}

#[test]
fn a_function_that_names_its_form_converts_what_passes() {
    let (mut desk, tag) = (desk(), Arc::new(0));
    assert_eq!(desk.buy(price(&tag, "250")).expect("it returns"), 250);
    let back = desk.sell(price(&tag, "1"), 30).expect("it returns");
    assert_eq!(back.text, "30");
    assert_eq!(Arc::strong_count(&tag), 2);
    drop(back);
    let prices = ["1", "2", "3"].map(|text| price(&tag, text)).into();
    let back = desk.pay(prices).expect("it returns").expect("it pays");
    let texts: Vec<&str> = back.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["1", "2", "3"]);
    drop(back);
    assert_eq!(Arc::strong_count(&tag), 1);
}

#[test]
fn a_function_that_fails_on_the_way_fails_the_call() {
    let (mut desk, tag) = (desk(), Arc::new(0));
    let prices = ["1", "broken", "3"].map(|text| price(&tag, text)).into();
    let path = unfit(desk.pay(prices), false);
    assert!(path.contains("no price"), "{path}");
    assert_eq!(Arc::strong_count(&tag), 1);
    let path = unfit(desk.sell(price(&tag, "1"), 0), true);
    assert!(path.contains("nothing is free"), "{path}");
    assert_eq!(Arc::strong_count(&tag), 1);
}

#[test]
fn what_a_function_cannot_be_told_to_have_done_is_refused() {
    let host = Host::builder().build().expect("the host is built");
    let refused = |variant: &str| {
        let refused = host.load::<dyn Desk>(DESKS.file(variant));
        refused.map(drop).expect_err("it is refused").to_string()
    };
    let unnamed = refused("unnamed");
    assert!(
        unnamed.contains("let `price` take the form that it converts: `&OldPrice`"),
        "{unnamed}"
    );
    let whole = refused("made-whole");
    assert!(
        whole.contains(
            "Desk::panics(visit).other: expected absent, found `Session`, made by a function"
        ),
        "{whole}"
    );
}
