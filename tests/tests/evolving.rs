//! Interfaces that are not the same on both sides: values are converted on their way, or the module is
//! refused, whether the host or the module is newer.

use std::sync::LazyLock;

use hotmod_host::describe::{Rule, Verdict};
use hotmod_host::{CallError, Host, Instance, Module, Refusal};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};

#[path = "evolving/operated.rs"]
mod operated;

/// What the host was compiled with: as the base of the modules has it.
mod as_ever {
    use hotmod::StableState;

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) struct Message {
        pub(crate) from: String,
        pub(crate) text: String,
    }

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) enum Reply {
        Done,
        Text(String),
    }

    #[hotmod::interface]
    pub(crate) trait Room {
        fn post(&mut self, message: Message) -> u32;
        fn history(&self) -> Vec<Message>;
        fn find(&self, text: &str) -> Option<Message>;
        fn replies(&self) -> Result<(u8, Reply), String>;
        fn describe(&self, message: &Message) -> String;
        fn weigh(&self, messages: &[Message]) -> String;
        fn scale(&self, base: u32, armour: u32) -> u32;
        fn total(&self) -> u32;
    }
}

/// A host that is newer than the modules.
mod newer {
    use hotmod::StableState;

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) struct Message {
        #[state(default = 7)]
        pub(crate) id: u64,
        pub(crate) text: String,
        pub(crate) from: String,
    }

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) enum Reply {
        Later(u8),
        Text(String),
        Done,
    }

    #[hotmod::interface]
    pub(crate) trait Room {
        #[hotmod::optional]
        fn count(&self) -> u64;
        fn replies(&self) -> Result<(u8, Reply), String>;
        fn scale(&self, armour: u32, #[hotmod(default)] luck: u8, base: u32) -> u32;
        fn history(&self) -> Vec<Message>;
        fn post(&mut self, message: Message) -> u32;
        fn describe(&self, message: &Message) -> String;
        fn weigh(&self, messages: &[Message]) -> String;
        #[hotmod(optional)]
        fn forget(&mut self, message: Message) -> u32;
    }
}

/// A host that calls little of a room.
mod little {
    #[hotmod::interface]
    pub(crate) trait Room {
        fn total(&self) -> u32;
    }
}

/// A host that was compiled with a method that came later.
mod later {
    #[hotmod::interface]
    pub(crate) trait Room {
        fn more(&self) -> u32;
        fn total(&self) -> u32;
    }
}

const MESSAGE: &str = "pub struct Message {\n    pub from: String,\n    pub text: String,\n}";
const TOTAL: &str = "    fn total(&self) -> u32;";
const SHOWN: &str = "format!(\"{}: {}\", self.from, self.text)";
const EDIT_DECLARED: Edit = (
    TOTAL,
    "    fn total(&self) -> u32;\n    fn edit(&self, text: &str, message: &mut Message);",
);
const EDIT: Edit = (
    "    fn total(&self) -> u32 {",
    "    fn edit(&self, text: &str, message: &mut Message) {\n        message.text.push_str(text);\n    }\n\n    \
     fn total(&self) -> u32 {",
);

const FIELD: Edit = (
    MESSAGE,
    "pub struct Message {\n    #[state(default = 7)]\n    pub id: u64,\n    pub text: String,\n    \
     #[state(default = \"all\".to_owned())]\n    pub to: String,\n    pub from: String,\n}",
);
const FIELD_SHOWN: Edit = (
    SHOWN,
    "format!(\"{} {} to {}: {}\", self.id, self.from, self.to, self.text)",
);
const PARAM: &[Edit] = &[
    (
        "    fn scale(&self, base: u32, armour: u32) -> u32;",
        "    fn scale(\n        &self,\n        #[hotmod(default = \"x\")] name: &str,\n        \
         armour: u32,\n        #[hotmod(default)] luck: u8,\n        base: u32,\n    ) -> u64;",
    ),
    (
        "    fn scale(&self, base: u32, armour: u32) -> u32 {\n        100 * base + armour",
        "    fn scale(&self, name: &str, armour: u32, luck: u8, base: u32) -> u64 {\n        \
         assert_eq!((name, luck), (\"x\", 0));\n        u64::from(100 * base + armour) << \
         (base / 50)",
    ),
    (
        "pub fn damage(base: u32, armour: u32) -> u32 {\n    10 * base + armour",
        "pub fn damage(\n    base: u64,\n    #[hotmod(default = 3)] factor: u32,\n    \
         armour: u32,\n) -> u32 {\n    10 * base as u32 + armour + 1000 * factor",
    ),
];
/// The same module under another name.
const BESIDE: Edit = ("name: \"evolving\",", "name: \"beside\",");

static ROOMS: LazyLock<Built> = LazyLock::new(|| {
    Family::new("evolving")
        .variant(
            "method",
            &[(
                TOTAL,
                "    fn total(&self) -> u32;\n    fn more(&self) -> u32 {\n        77\n    }",
            )],
        )
        .variant(
            "methods-reordered",
            &[
                (TOTAL, ""),
                (
                    "    fn post(&mut self, message: Message) -> u32;",
                    "    fn first(&self) -> u8 {\n        1\n    }\n    fn total(&self) -> u32;\n    \
                     fn post(&mut self, message: Message) -> u32;",
                ),
            ],
        )
        .variant("field", &[FIELD, FIELD_SHOWN])
        .variant(
            "field-bare",
            &[(
                MESSAGE,
                "pub struct Message {\n    pub from: String,\n    pub text: String,\n    pub id: Option<u64>,\n    \
                 pub urgent: bool,\n}",
            )],
        )
        .variant("exclusive", &[EDIT_DECLARED, EDIT])
        .variant("exclusive-field", &[FIELD, FIELD_SHOWN, EDIT_DECLARED, EDIT])
        .variant("param", PARAM)
        .variant("beside", &[BESIDE])
        .variant("beside-param", &[&[BESIDE], PARAM].concat())
        .variant(
            "param-bare",
            &[
                (
                    "    fn scale(&self, base: u32, armour: u32) -> u32;",
                    "    fn scale(&self, base: u32, armour: u32, luck: u8) -> u32;",
                ),
                (
                    "    fn scale(&self, base: u32, armour: u32) -> u32 {",
                    "    fn scale(&self, base: u32, armour: u32, _luck: u8) -> u32 {",
                ),
            ],
        )
        .variant(
            "param-removed",
            &[
                (
                    "    fn scale(&self, base: u32, armour: u32) -> u32;",
                    "    #[hotmod(removed(\"armour\"))]\n    fn scale(&self, base: u32) -> u32;",
                ),
                (
                    "    fn scale(&self, base: u32, armour: u32) -> u32 {\n        100 * base + armour",
                    "    fn scale(&self, base: u32) -> u32 {\n        100 * base",
                ),
            ],
        )
        .variant(
            "variant",
            &[
                (
                    "    Done,\n    Text(String),",
                    "    Many(Vec<String>),\n    Done,\n    Text(String),",
                ),
                (
                    "Some(message) if message.text == \"quiet\"",
                    "Some(message) if message.text == \"many\" => {\n                Ok((3, \
                     Reply::Many(vec![message.text.clone()])))\n            }\n            Some(message) \
                     if message.text == \"quiet\"",
                ),
            ],
        )
        .build()
});

fn loaded<I: hotmod_host::Interface + ?Sized>(variant: &str) -> Module<I> {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<I>(ROOMS.file(variant));
    module.unwrap_or_else(|refusal| panic!("{variant}: {refusal}"))
}

/// A room of a host that was compiled with the base's interface.
fn room() -> (Module<dyn as_ever::Room>, Instance<dyn as_ever::Room>) {
    let module = loaded::<dyn as_ever::Room>(BASE);
    let room = module.create("").expect("a room");
    (module, room)
}

fn message(from: &str, text: &str) -> as_ever::Message {
    as_ever::Message {
        from: from.to_owned(),
        text: text.to_owned(),
    }
}

fn found(differences: &[hotmod_host::describe::Difference]) -> Vec<(Rule, &str)> {
    let all = differences.iter();
    all.map(|it| (it.rule, it.path.as_str())).collect()
}

fn refused(module: &Module<dyn as_ever::Room>, variant: &str) -> Refusal {
    match module.update(ROOMS.file(variant)) {
        Ok(report) => panic!("{variant} is accepted: {report}"),
        Err(refusal) => refusal,
    }
}

#[test]
fn a_module_has_more_methods_than_its_host_knows_and_in_any_order() {
    for variant in ["method", "methods-reordered"] {
        let (module, mut room) = room();
        room.post(message("ada", "hi")).expect("a call");
        let report = module.update(ROOMS.file(variant)).expect("an update");
        assert_eq!(report.verdict, Verdict::Adopt, "{report}");
        assert_eq!(room.post(message("bob", variant)).expect("a call"), 2);
        assert_eq!(
            room.total().expect("a call"),
            room.history().expect("a call").len() as u32
        );
        assert_eq!(room.scale(3, 4).expect("a call"), 304);
    }
}

#[test]
fn a_method_more_is_listed() {
    let (module, _room) = room();
    let report = module.update(ROOMS.file("method")).expect("an update");
    assert_eq!(
        found(&report.differences),
        [(Rule::MethodAdded, "Room::more()")]
    );
}

#[test]
fn a_method_that_no_host_interface_has_may_go_and_change() {
    let module = loaded::<dyn little::Room>("method");
    let mut room = module.create("").expect("a room");
    let report = module.update(ROOMS.file(BASE)).expect("an update");
    assert_eq!(
        found(&report.differences),
        [(Rule::MethodUncalled, "Room::more()")]
    );
    let text = report.to_string();
    assert!(
        text.contains("now absent, and this host does not call it"),
        "{text}"
    );
    room.migrate().expect("a migration");
    assert_eq!(room.total().expect("a call"), 0);
    // Its parameters and its result may change too.
    let report = module.update(ROOMS.file("param-bare")).expect("an update");
    assert_eq!(
        found(&report.differences),
        [(Rule::MethodUncalled, "Room::scale()")]
    );
    module.rollback().expect("a rollback");
    // Once a host calls a method, the method has to stay.
    module.update(ROOMS.file("method")).expect("an update");
    let later = module
        .interface::<dyn later::Room>()
        .expect("the interface");
    let asked = later.create("").expect("a room");
    assert_eq!(asked.more().expect("a call"), 77);
    let refusal = module.update(ROOMS.file(BASE)).expect_err("a method less");
    assert_eq!(
        found(refusal.differences()),
        [(Rule::ExportRemoved, "Room::more()")]
    );
    assert_eq!(asked.more().expect("a call"), 77);
    module.rollback().expect_err("a method less");
}

#[test]
fn a_field_that_the_host_does_not_know_is_filled_in_and_left_out() {
    let (module, mut room) = room();
    room.post(message("ada", "before")).expect("a call");
    let report = module.update(ROOMS.file("field")).expect("an update");
    let listed = found(&report.differences);
    for expected in [
        (Rule::CallFilledIn, "Room::post(message).id"),
        (Rule::CallUnseen, "Room::history() -> [].id"),
        (Rule::CallUnseen, "Room::find() -> ?.to"),
        (Rule::CallFilledIn, "Room::describe(message).to"),
        (Rule::CallFilledIn, "Room::weigh(messages).id"),
    ] {
        assert!(listed.contains(&expected), "{expected:?}: {report}");
    }
    let text = report.to_string();
    assert!(
        text.contains("Room::history() -> [].id: not seen by the host"),
        "{text}"
    );

    assert_eq!(room.post(message("bob", "after")).expect("a call"), 2);
    let all = [message("ada", "before"), message("bob", "after")];
    assert_eq!(room.history().expect("a call"), all);
    assert_eq!(
        room.find("after").expect("a call"),
        Some(message("bob", "after"))
    );
    assert_eq!(room.find("never").expect("a call"), None);
    let lent = message("eve", "look");
    assert_eq!(room.describe(&lent).expect("a call"), "7 eve to all: look");
    assert_eq!(lent, message("eve", "look"));
    assert_eq!(
        room.weigh(&all).expect("a call"),
        "7 ada to all: before; 7 bob to all: after"
    );
    assert_eq!(room.weigh(&[]).expect("a call"), "");
    let many: Vec<_> = (0..1000).map(|i| message("x", &i.to_string())).collect();
    assert!(
        room.weigh(&many)
            .expect("a call")
            .ends_with("7 x to all: 999")
    );
    assert_eq!(many[999], message("x", "999"));

    // And back again: by a version that does not know the field.
    module.rollback().expect("a rollback");
    room.migrate().expect("a migration");
    assert_eq!(room.history().expect("a call"), all);
    assert_eq!(room.describe(&lent).expect("a call"), "eve: look");
}

#[test]
fn a_field_without_a_value_is_refused_by_its_name() {
    let (module, mut room) = room();
    let refusal = refused(&module, "field-bare").to_string();
    assert!(
        refusal.contains("Room::post(message).urgent: was absent"),
        "{refusal}"
    );
    assert!(refusal.contains("#[state(default)]"), "{refusal}");
    assert_eq!(room.post(message("ada", "still")).expect("a call"), 1);
}

#[test]
fn what_is_lent_to_be_changed_is_converted_too() {
    let module = loaded::<dyn as_ever::Room>("exclusive");
    let report = module.update(ROOMS.file("exclusive-field"));
    let report = report.unwrap_or_else(|refusal| panic!("{refusal}"));
    let listed = found(&report.differences);
    for expected in [
        (Rule::CallFilledIn, "Room::edit(message).id"),
        (Rule::CallUnseen, "Room::edit(message).to"),
    ] {
        assert!(listed.contains(&expected), "{expected:?}: {report}");
    }
}

#[test]
fn parameters_are_matched_by_name_and_filled_in() {
    let (module, room) = room();
    let damage = module
        .function::<fn(u32, u32) -> u32>("damage")
        .expect("a function");
    assert_eq!(damage.call(2, 3).expect("a call"), 23);
    let mut room = room;
    let report = module.update(ROOMS.file("param")).expect("an update");
    room.migrate().expect("a migration");
    let listed = found(&report.differences);
    for expected in [
        (Rule::CallFilledIn, "Room::scale(luck)"),
        (Rule::CallFilledIn, "Room::scale(name)"),
        (Rule::CallMayFail, "Room::scale() ->"),
        (Rule::CallFilledIn, "damage(factor)"),
        (Rule::CallConverted, "damage(base)"),
    ] {
        assert!(listed.contains(&expected), "{expected:?}: {report}");
    }
    assert_eq!(room.scale(3, 4).expect("a call"), 304);
    assert_eq!(damage.call(2, 3).expect("a call"), 3023);
    // What the module returns does not fit what the host was compiled with.
    match room.scale(1650, 4) {
        Err(CallError::Unfit(unfit)) => {
            assert!(unfit.ran, "{unfit}");
            assert_eq!(unfit.export, "Room::scale");
            let text = unfit.to_string();
            assert!(
                text.contains("ran, and what it returned does not fit"),
                "{text}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(room.scale(3, 4).expect("a call"), 304);
}

#[test]
fn a_parameter_without_a_default_is_refused() {
    let (module, room) = room();
    let refusal = refused(&module, "param-bare").to_string();
    assert!(
        refusal.contains("Room::scale(luck): was absent, now `u8`"),
        "{refusal}"
    );
    assert!(refusal.contains("#[hotmod(default)]"), "{refusal}");
    assert_eq!(room.scale(3, 4).expect("a call"), 304);
}

#[test]
fn a_parameter_that_is_said_to_be_removed_is_left_out() {
    let (module, mut room) = room();
    let report = module
        .update(ROOMS.file("param-removed"))
        .expect("an update");
    assert!(
        found(&report.differences).contains(&(Rule::CallUnseen, "Room::scale(armour)")),
        "{report}"
    );
    room.migrate().expect("a migration");
    assert_eq!(room.scale(3, 4).expect("a call"), 300);
}

#[test]
fn a_variant_that_the_host_does_not_know_makes_the_call_fail() {
    let (module, mut room) = room();
    let report = module.update(ROOMS.file("variant")).expect("an update");
    assert!(
        found(&report.differences).contains(&(Rule::CallMayFail, "Room::replies() -> ?.1::Many")),
        "{report}"
    );
    assert_eq!(
        room.replies().expect("a call"),
        Err("nobody said anything".to_owned())
    );
    room.post(message("ada", "quiet")).expect("a call");
    assert_eq!(
        room.replies().expect("a call"),
        Ok((1, as_ever::Reply::Done))
    );
    room.post(message("ada", "hi")).expect("a call");
    let text = as_ever::Reply::Text("hi".to_owned());
    assert_eq!(room.replies().expect("a call"), Ok((2, text)));
    room.post(message("ada", "many")).expect("a call");
    match room.replies() {
        Err(CallError::Unfit(unfit)) => {
            assert!(unfit.ran);
            assert!(unfit.value.contains("`Many`"), "{unfit}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_host_may_be_newer_than_its_module() {
    let module = loaded::<dyn newer::Room>(BASE);
    let mut room = module.create("").expect("a room");
    let message = |id: u64, text: &str| newer::Message {
        id,
        text: text.to_owned(),
        from: "ada".to_owned(),
    };
    // What the module does not know is left out, and filled in on the way back.
    assert_eq!(room.post(message(3, "hi")).expect("a call"), 1);
    assert_eq!(room.history().expect("a call"), [message(7, "hi")]);
    assert_eq!(room.describe(&message(3, "hi")).expect("a call"), "ada: hi");
    assert_eq!(
        room.weigh(&[message(3, "a"), message(4, "b")])
            .expect("a call"),
        "ada: a; ada: b"
    );
    assert_eq!(room.scale(4, 9, 3).expect("a call"), 304);
    assert_eq!(
        room.replies().expect("a call"),
        Ok((2, newer::Reply::Text("hi".to_owned())))
    );
    // Methods that the module does not have.
    assert!(room.has("post") && !room.has("count") && !room.has("forget") && !room.has("nonsense"));
    match room.count() {
        Err(CallError::Absent(absent)) => {
            assert_eq!(absent.method, "Room::count");
            assert_eq!(absent.version, "1.0.0");
        }
        other => panic!("{other:?}"),
    }
    // The argument is dropped, once.
    assert!(matches!(
        room.forget(message(1, "x")),
        Err(CallError::Absent(_))
    ));
}

#[test]
fn a_module_serves_hosts_of_two_ages_at_once() {
    let module = loaded::<dyn as_ever::Room>("field");
    let newer = module
        .interface::<dyn newer::Room>()
        .expect("the interface");
    let mut one = module.create("").expect("a room");
    let mut other = newer.create("").expect("a room");
    one.post(message("ada", "hi")).expect("a call");
    assert_eq!(one.history().expect("a call"), [message("ada", "hi")]);
    let sent = newer::Message {
        id: 12,
        text: "hi".to_owned(),
        from: "bob".to_owned(),
    };
    other.post(sent.clone()).expect("a call");
    assert_eq!(other.history().expect("a call"), [sent]);
    assert_eq!(
        one.describe(&message("eve", "x")).expect("a call"),
        "7 eve to all: x"
    );
}
