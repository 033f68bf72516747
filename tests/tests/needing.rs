//! Imports that are not the same on both sides: values are converted on their way, or the module is refused,
//! whether the host or the module is newer.

use std::sync::{Arc, LazyLock, Mutex};

use hotmod_host::describe::{Difference, Rule, Verdict};
use hotmod_host::{Function, Host, HostBuilder, Module, Refusal, Untyped};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};

/// What the host was compiled with: as the base of the modules has it.
mod as_ever {
    use hotmod::StableState;

    #[derive(Clone, Debug, StableState)]
    pub(crate) struct Message {
        pub(crate) from: String,
        pub(crate) text: String,
    }

    #[derive(Clone, Debug, StableState)]
    pub(crate) enum Mood {
        Calm,
        Loud(u8),
    }
}

/// What a newer host was compiled with.
mod newer {
    use hotmod::StableState;

    #[derive(Clone, Debug, StableState)]
    pub(crate) struct Message {
        #[state(default = 7)]
        pub(crate) id: u64,
        pub(crate) text: String,
        pub(crate) from: String,
    }

    #[derive(Clone, Debug, StableState)]
    pub(crate) enum Mood {
        Furious(Vec<String>),
        Loud(u16),
        Calm,
    }
}

const MESSAGE: &str = "pub struct Message {\n    pub from: String,\n    pub text: String,\n}";
const MADE: &str = "            text: text.to_owned(),\n        }";
const OTHERS: &str = "pub fn others() -> String {\n    String::new()\n}";
const LEVEL: &str = "#[hotmod::import]\nfn level(base: u32) -> u32;";

const FIELD: [Edit; 2] = [
    (
        MESSAGE,
        "pub struct Message {\n    #[state(default = 7)]\n    pub id: u64,\n    pub text: String,\n    \
         #[state(default = \"all\".to_owned())]\n    pub to: String,\n    pub from: String,\n}",
    ),
    (
        MADE,
        "            text: text.to_owned(),\n            id: 1,\n            to: \"bob\".to_owned(),\n        }",
    ),
];

static FILES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("needing")
        .variant("field", &FIELD)
        .variant(
            "field-bare",
            &[
                (
                    MESSAGE,
                    "pub struct Message {\n    pub from: String,\n    pub text: String,\n    pub urgent: bool,\n}",
                ),
                (MADE, "            text: text.to_owned(),\n            urgent: true,\n        }"),
            ],
        )
        .variant(
            "variant",
            &[
                (
                    "pub enum Mood {\n    Calm,\n    Loud(u8),\n}",
                    "pub enum Mood {\n    Quiet,\n    Loud(u8),\n    Calm,\n}",
                ),
                ("Mood::Loud(3)]", "Mood::Loud(3), Mood::Quiet]"),
                (
                    "    publish(Message::new(from, text), vec![Mood::Calm, ",
                    "    let calm = || vec![Mood::Loud(4)];\n    if from == \"calm\" {\n        return \
                     publish(Message::new(from, text), calm());\n    }\n    \
                     publish(Message::new(from, text), vec![Mood::Calm, ",
                ),
            ],
        )
        .variant(
            "param",
            &[
                (
                    LEVEL,
                    "#[hotmod::import]\nfn level(#[hotmod(default)] luck: String, base: u32) -> u64;",
                ),
                ("level(base)", "level(\"lucky\".to_owned(), base)"),
            ],
        )
        .variant(
            "narrow",
            &[(LEVEL, "#[hotmod::import]\nfn level(base: u32) -> u8;")],
        )
        .variant(
            "optional",
            &[
                (
                    LEVEL,
                    "#[hotmod::import]\nfn level(base: u32) -> u32;\n\n\
                     /// A function that a host may lack.\n#[hotmod::import]\n#[hotmod::optional]\n\
                     pub fn spare(text: String) -> u32;\n\n\
                     #[hotmod::import]\n#[hotmod(optional)]\nfn tried(text: &str) -> Result<u32, String>;",
                ),
                (
                    OTHERS,
                    "pub fn others() -> String {\n    \
                     let there = (spare::is_provided(), tried::is_provided());\n    \
                     let spare = said(|| spare(\"a\".to_owned()).to_string());\n    \
                     format!(\"{there:?} {spare} {:?}\", tried(\"b\"))\n}",
                ),
            ],
        )
        .build()
});

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn add(&self, text: String) {
        self.0.lock().expect("what was heard").push(text);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("what was heard"))
    }
}

/// A host that provides functions of these types.
macro_rules! builder {
    ($types:ident, $heard:expr, $messages:expr, $mood:expr) => {{
        let heard: Heard = $heard.clone();
        let (shown, weighed) = (heard.clone(), heard.clone());
        Host::builder()
            .provide(
                "publish",
                move |message: $types::Message, moods: Vec<$types::Mood>| {
                    heard.add(format!("{message:?} {moods:?}"));
                    moods.len() as u32
                },
            )
            .provide("show", move |message: &$types::Message| {
                shown.add(format!("{message:?}"));
                message.text.clone()
            })
            .provide(
                "weigh",
                move |messages: &[$types::Message], marks: &mut Vec<u16>| {
                    marks.push(messages.len() as u16);
                    weighed.add(messages.len().to_string());
                    messages
                        .last()
                        .map_or_else(String::new, |it| it.text.clone())
                },
            )
            .provide("latest", $messages)
            .provide("mood", $mood)
            .provide("level", |base: u32| base * 10)
            .provide("edit", |message: &mut $types::Message| {
                message.text.push('!');
                assert!(message.from != "nobody", "no sender");
                true
            })
    }};
}

fn as_ever(heard: &Heard) -> HostBuilder {
    builder!(
        as_ever,
        heard,
        |channel: &str| {
            let message = as_ever::Message {
                from: "ada".to_owned(),
                text: channel.to_owned(),
            };
            vec![message.clone(), message]
        },
        |channel: &str| match channel {
            "none" => Err("none".to_owned()),
            "calm" => Ok((1_u8, as_ever::Mood::Calm)),
            _ => Ok((2, as_ever::Mood::Loud(9))),
        }
    )
}

fn newer(heard: &Heard) -> HostBuilder {
    builder!(
        newer,
        heard,
        |channel: &str| {
            vec![newer::Message {
                id: 3,
                from: "ada".to_owned(),
                text: channel.to_owned(),
            }]
        },
        |channel: &str| match channel {
            "none" => Err("none".to_owned()),
            "calm" => Ok((1_u8, newer::Mood::Calm)),
            "furious" => Ok((3, newer::Mood::Furious(vec!["why".to_owned()]))),
            "very loud" => Ok((2, newer::Mood::Loud(900))),
            _ => Ok((2, newer::Mood::Loud(9))),
        }
    )
}

fn load(builder: HostBuilder, variant: &str) -> Module<Untyped> {
    let host = builder.build().expect("a host");
    let module = host.load_untyped(FILES.file(variant));
    module.unwrap_or_else(|refusal| panic!("{variant}: {refusal}"))
}

fn function<F: hotmod_host::Signature>(module: &Module<Untyped>, name: &str) -> Function<F> {
    let function = module.function::<F>(name);
    function.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn told(module: &Module<Untyped>, name: &str, text: &str) -> String {
    let function = function::<fn(&str) -> String>(module, name);
    function.call(text).expect("a call")
}

fn told2(module: &Module<Untyped>, name: &str, (from, text): (&str, &str)) -> String {
    let function = function::<fn(&str, &str) -> String>(module, name);
    function.call(from, text).expect("a call")
}

fn levels(module: &Module<Untyped>, base: u32) -> String {
    let function = function::<fn(u32) -> String>(module, "levels");
    function.call(base).expect("a call")
}

fn published(module: &Module<Untyped>, from: &str, text: &str) -> u32 {
    let function = function::<fn(&str, &str) -> u32>(module, "published");
    function.call(from, text).expect("a call")
}

fn found(differences: &[Difference]) -> Vec<(Rule, &str)> {
    let all = differences.iter();
    all.map(|it| (it.rule, it.path.as_str())).collect()
}

fn refused(module: &Module<Untyped>, variant: &str) -> Refusal {
    match module.update(FILES.file(variant)) {
        Ok(report) => panic!("{variant} is accepted: {report}"),
        Err(refusal) => refusal,
    }
}

#[test]
fn a_field_that_the_host_does_not_know_is_left_out_and_filled_in() {
    let heard = Heard::default();
    let module = load(as_ever(&heard), BASE);
    assert_eq!(published(&module, "ada", "hi"), 2);
    let report = module.update(FILES.file("field")).expect("an update");
    assert_eq!(report.verdict, Verdict::Adopt, "{report}");
    let listed = found(&report.differences);
    for expected in [
        (Rule::CallUnseen, "import publish(message).id"),
        (Rule::CallUnseen, "import show(message).to"),
        (Rule::CallUnseen, "import weigh(messages).id"),
        (Rule::CallFilledIn, "import latest() -> [].id"),
    ] {
        assert!(listed.contains(&expected), "{expected:?}: {report}");
    }
    let text = report.to_string();
    assert!(
        text.contains("import publish(message).id: not seen by the host"),
        "{text}"
    );
    heard.take();
    assert_eq!(published(&module, "ada", "hi"), 2);
    let shown = function::<fn(&str, &str) -> String>(&module, "shown");
    assert_eq!(
        shown.call("eve", "look").expect("a call"),
        "look; Message { id: 1, text: \"look\", to: \"bob\", from: \"eve\" }"
    );
    let weighed = function::<fn(u32) -> String>(&module, "weighed");
    for count in [0_u32, 1, 1000] {
        let last = count
            .checked_sub(1)
            .map_or_else(String::new, |it| it.to_string());
        assert_eq!(
            weighed.call(count).expect("a call"),
            format!("{last} [1, {count}] {count}")
        );
    }
    assert_eq!(
        heard.take(),
        [
            "Message { from: \"ada\", text: \"hi\" } [Calm, Loud(3)]",
            "Message { from: \"eve\", text: \"look\" }",
            "0",
            "1",
            "1000"
        ]
    );
    let message = "Message { id: 7, text: \"x\", to: \"all\", from: \"ada\" }";
    assert_eq!(
        told(&module, "last", "x"),
        format!("[{message}, {message}]")
    );
    assert_eq!(
        told2(&module, "edited", ("eve", "look")),
        "true: Message { id: 1, text: \"look!\", to: \"bob\", from: \"eve\" }",
        "what the host does not know keeps its value"
    );
    assert_eq!(
        told2(&module, "edited", ("nobody", "look")),
        "panicked: no sender: Message { id: 1, text: \"look!\", to: \"bob\", from: \"nobody\" }"
    );

    // And back again: by a version that the host knows.
    module.rollback().expect("a rollback");
    assert_eq!(published(&module, "ada", "back"), 2);
    assert_eq!(
        heard.take(),
        ["Message { from: \"ada\", text: \"back\" } [Calm, Loud(3)]"]
    );
}

#[test]
fn a_host_that_is_newer_than_its_module_converts_too() {
    let heard = Heard::default();
    let module = load(newer(&heard), BASE);
    assert_eq!(published(&module, "ada", "hi"), 2);
    let shown = function::<fn(&str, &str) -> String>(&module, "shown");
    assert_eq!(
        shown.call("eve", "look").expect("a call"),
        "look; Message { from: \"eve\", text: \"look\" }"
    );
    assert_eq!(
        heard.take(),
        [
            "Message { id: 7, text: \"hi\", from: \"ada\" } [Calm, Loud(3)]",
            "Message { id: 7, text: \"look\", from: \"eve\" }"
        ]
    );
    assert_eq!(
        told(&module, "last", "x"),
        "[Message { from: \"ada\", text: \"x\" }]"
    );
    assert_eq!(
        told2(&module, "edited", ("eve", "look")),
        "true: Message { from: \"eve\", text: \"look!\" }"
    );
    assert_eq!(told(&module, "moody", "calm"), "Ok((1, Calm))");
    assert_eq!(told(&module, "moody", "none"), "Err(\"none\")");
    assert_eq!(told(&module, "moody", "loud"), "Ok((2, Loud(9)))");
}

#[test]
fn a_result_that_the_module_has_no_place_for_panics_in_the_module() {
    let module = load(newer(&Heard::default()), BASE);
    for (channel, why) in [("furious", "`Furious`"), ("very loud", "900")] {
        let said = told(&module, "moody", channel);
        assert!(
            said.starts_with(
                "panicked: the import `mood` ran, and what it gives back does not fit: mood() -> "
            ),
            "{said}"
        );
        assert!(said.contains(why), "{said}");
    }
    assert_eq!(told(&module, "moody", "loud"), "Ok((2, Loud(9)))");
}

#[test]
fn an_argument_that_the_host_has_no_place_for_is_not_passed() {
    let heard = Heard::default();
    let module = load(as_ever(&heard), BASE);
    let report = module.update(FILES.file("variant")).expect("an update");
    assert!(
        found(&report.differences).contains(&(Rule::CallMayFail, "import publish(moods)[]::Quiet")),
        "{report}"
    );
    let published = function::<fn(&str, &str) -> u32>(&module, "published");
    assert_eq!(published.call("calm", "hi").expect("a call"), 1);
    assert_eq!(
        heard.take(),
        ["Message { from: \"calm\", text: \"hi\" } [Loud(4)]"]
    );
    let error = published
        .call("ada", "hi")
        .expect_err("an error")
        .to_string();
    assert!(
        error.contains("the import `publish` was not called: publish(moods)[2]"),
        "{error}"
    );
    assert!(error.contains("`Quiet`"), "{error}");
    assert_eq!(heard.take(), [""; 0], "the host's function did not run");
    assert_eq!(published.call("calm", "hi").expect("a call"), 1);
}

#[test]
fn a_parameter_that_hosts_may_lack_is_left_out() {
    let module = load(as_ever(&Heard::default()), BASE);
    assert_eq!(levels(&module, 3), "30");
    let report = module.update(FILES.file("param")).expect("an update");
    let listed = found(&report.differences);
    for expected in [
        (Rule::CallUnseen, "import level(luck)"),
        (Rule::CallConverted, "import level() ->"),
    ] {
        assert!(listed.contains(&expected), "{expected:?}: {report}");
    }
    assert_eq!(levels(&module, 3), "30");
}

#[test]
fn a_parameter_that_the_host_needs_is_refused() {
    let builder =
        as_ever(&Heard::default()).provide("level", |base: u32, luck: u8| base * u32::from(luck));
    let host = builder.build().expect("a host");
    let refusal = host.load_untyped(FILES.file(BASE)).expect_err("a refusal");
    let reasons = found(refusal.differences());
    assert_eq!(
        reasons,
        [(Rule::ArgumentRemoved, "import level()")],
        "{refusal}"
    );
}

#[test]
fn a_narrower_result_is_checked_at_each_call() {
    let module = load(as_ever(&Heard::default()), BASE);
    let report = module.update(FILES.file("narrow")).expect("an update");
    assert!(
        found(&report.differences).contains(&(Rule::CallMayFail, "import level() ->")),
        "{report}"
    );
    assert_eq!(levels(&module, 25), "250");
    let said = levels(&module, 26);
    assert!(
        said.contains("the import `level` ran, and what it gives back does not fit")
            && said.contains("260"),
        "{said}"
    );
}

#[test]
fn a_field_that_nothing_says_the_value_of_is_refused() {
    let heard = Heard::default();
    let module = load(as_ever(&heard), BASE);
    let refusal = refused(&module, "field-bare").to_string();
    assert!(
        refusal.contains("import latest() -> [].urgent: was absent"),
        "{refusal}"
    );
    assert!(refusal.contains("#[state(default)]"), "{refusal}");
    assert_eq!(published(&module, "ada", "still"), 2);
}

#[test]
fn a_module_asks_for_what_a_host_may_lack() {
    let module = load(as_ever(&Heard::default()), BASE);
    let report = module.update(FILES.file("optional")).expect("an update");
    let listed = found(&report.differences);
    assert!(
        listed.contains(&(Rule::ImportAbsent, "import spare()")),
        "{report}"
    );
    let others = function::<fn() -> String>(&module, "others");
    assert_eq!(
        others.call().expect("a call"),
        "(false, false) panicked: the host does not provide the optional import `spare` [HM-0524]: ask \
         `spare::is_provided()` before the call Err(\"the host does not provide the optional import `tried` [HM-0524]\")"
    );

    let builder = as_ever(&Heard::default())
        .provide("spare", |text: String| text.len() as u32)
        .provide("tried", |text: &str| match text {
            "b" => Ok(4_u64),
            _ => Err("no".to_owned()),
        });
    let module = load(builder, "optional");
    let others = function::<fn() -> String>(&module, "others");
    assert_eq!(others.call().expect("a call"), "(true, true) 1 Ok(4)");
}
