//! Functions that a host provides together, as a trait: what the host's type does is what modules call, also
//! where both sides were compiled with other forms of the trait.

use std::sync::{Arc, LazyLock, Mutex};

use hotmod_host::describe::Rule;
use hotmod_host::{Host, HostBuilder, Instance, Refusal};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::foreseen;
use hotmod_tests::interfaces::services::{Caller, Note, Services};

/// A host whose trait is newer than that of the modules.
mod newer {
    use hotmod::StableState;

    #[derive(Clone, Debug, StableState)]
    pub(crate) struct Note {
        #[state(default = 7)]
        pub(crate) id: u64,
        pub(crate) text: String,
    }

    #[hotmod::import]
    pub(crate) trait Services {
        fn keep(&self, note: &Note) -> Result<u32, String>;
        fn later(&self) -> u8;
        fn fails(&self);
        fn publish(&self, text: &str, #[hotmod(default = 3)] urgency: u8, channel: &str) -> u32;
        fn notes(&self, channel: &str, marks: &mut Vec<u16>) -> Vec<Note>;
    }
}

const FAILS: &str = "    fn fails(&self);";
const MORE: &str = "fn more() -> String {\n    String::new()\n}";

static FILES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("services")
        .variant("required", &[(FAILS, "    fn fails(&self);\n    fn more(&self) -> u32;")])
        .variant(
            "optional",
            &[
                (
                    FAILS,
                    "    fn fails(&self);\n    #[hotmod::optional]\n    fn more(&self) -> u32;\n    \
                     #[hotmod::optional]\n    fn tried(&self, text: String) -> Result<u32, String>;",
                ),
                (
                    MORE,
                    "fn more() -> String {\n    let more = caught(|| HOST.more().to_string());\n    let there = \
                     (HOST.provides(\"more\"), HOST.provides(\"fails\"), HOST.provides(\"never\"));\n    \
                     format!(\"{there:?} {more} {:?}\", HOST.tried(\"a\".to_owned()))\n}",
                ),
            ],
        )
        .variant(
            "parameter",
            &[
                (
                    "fn publish(&self, channel: &str, text: &str) -> u32;",
                    "fn publish(&self, #[hotmod(default)] loud: bool, text: &str, channel: &str) -> u32;",
                ),
                ("services.publish(channel, \"announced\")", "services.publish(true, \"announced\", channel)"),
                ("HOST.publish(channel, \"hello\")", "HOST.publish(false, \"hello\", channel)"),
                (
                    "    pub text: String,\n}",
                    "    #[state(default = 4)]\n    pub id: u32,\n    pub text: String,\n}",
                ),
                ("        text: text.to_owned(),\n", "        text: text.to_owned(),\n        id: 9,\n"),
            ],
        )
        .build()
});

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn add(&self, text: String) -> u32 {
        let mut all = self.0.lock().expect("what was heard");
        all.push(text);
        all.len() as u32
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("what was heard"))
    }
}

struct Server(Heard);

impl Services for Server {
    fn publish(&self, channel: &str, text: &str) -> u32 {
        self.0.add(format!("{channel}: {text}"))
    }

    fn notes(&self, channel: &str, marks: &mut Vec<u16>) -> Vec<Note> {
        marks.push(channel.len() as u16);
        let text = channel.to_owned();
        vec![Note { text }]
    }

    fn keep(&self, note: &Note) -> Result<u32, String> {
        match note.text.as_str() {
            "" => Err("nothing to keep".to_owned()),
            _ => Ok(self.0.add(format!("{note:?}"))),
        }
    }

    fn fails(&self) {
        panic!("the server fails")
    }
}

impl newer::Services for Server {
    fn keep(&self, note: &newer::Note) -> Result<u32, String> {
        Ok(self.0.add(format!("{note:?}")))
    }

    fn later(&self) -> u8 {
        1
    }

    fn fails(&self) {
        panic!("the newer server fails")
    }

    fn publish(&self, text: &str, urgency: u8, channel: &str) -> u32 {
        self.0.add(format!("{channel}: {text} {urgency}"))
    }

    fn notes(&self, channel: &str, _marks: &mut Vec<u16>) -> Vec<newer::Note> {
        vec![newer::Note {
            id: 3,
            text: channel.to_owned(),
        }]
    }
}

fn provided(heard: &Heard) -> HostBuilder {
    Host::builder().provide_all::<dyn Services>(Server(heard.clone()))
}

fn load(builder: HostBuilder, variant: &str) -> Result<Instance<dyn Caller>, Refusal> {
    let host = builder.build().expect("a host");
    let module = host.load::<dyn Caller>(FILES.file(variant))?;
    Ok(module.create("").expect("an instance"))
}

fn everything(builder: HostBuilder, variant: &str) -> Vec<String> {
    let station = load(builder, variant);
    let mut station = station.unwrap_or_else(|refusal| panic!("{variant}: {refusal}"));
    station.everything("news").expect("a call")
}

#[test]
fn a_module_calls_all_that_its_host_provides_together() {
    let heard = Heard::default();
    assert_eq!(
        everything(provided(&heard), BASE),
        [
            "1",
            "2",
            "[Note { text: \"news\" }] [1, 4]",
            "Ok(3) Err(\"nothing to keep\")",
            "panicked: the server fails",
            ""
        ]
    );
    assert_eq!(
        heard.take(),
        ["news: hello", "news: announced", "Note { text: \"a\" }"]
    );
}

#[test]
fn a_host_that_provides_none_of_it_is_told_how() {
    let refusal = load(Host::builder(), BASE).expect_err("a refusal");
    let missing: Vec<_> = refusal
        .differences()
        .iter()
        .map(|it| it.path.as_str())
        .collect();
    let names = ["fails", "keep", "notes", "publish"];
    assert_eq!(
        missing,
        names.map(|name| format!("import Services::{name}()"))
    );
    let said = refusal.to_string();
    let part =
        "provide it when the host is built: `Host::builder().provide_all::<dyn Services>(…)`";
    assert!(said.contains(part), "{said}");
}

#[test]
fn a_method_more_is_refused_unless_a_host_may_lack_it() {
    let heard = Heard::default();
    let refusal = load(provided(&heard), "required").expect_err("a refusal");
    let found: Vec<_> = refusal
        .differences()
        .iter()
        .map(|it| (it.rule, it.path.as_str()))
        .collect();
    assert_eq!(found, [(Rule::ImportMissing, "import Services::more()")]);
    assert!(
        refusal.to_string().contains("#[hotmod::optional]"),
        "{refusal}"
    );
    assert_eq!(
        everything(provided(&heard), "optional")[5],
        "(false, true, false) panicked: the host does not provide the optional import `Services::more` [HM-0524]: ask \
         `provides(\"more\")` before the call Err(\"the host does not provide the optional import \
         `Services::tried` [HM-0524]\")"
    );
}

#[test]
fn a_host_that_is_newer_fills_in_what_its_module_does_not_know() {
    let heard = Heard::default();
    let builder = Host::builder().provide_all::<dyn newer::Services>(Server(heard.clone()));
    let said = everything(builder, BASE);
    assert_eq!(said[2], "[Note { text: \"news\" }] [1]");
    assert_eq!(said[4], "panicked: the newer server fails");
    assert_eq!(
        heard.take(),
        [
            "news: hello 3",
            "news: announced 3",
            "Note { id: 7, text: \"a\" }",
            "Note { id: 7, text: \"\" }"
        ]
    );
}

#[test]
fn a_module_that_is_newer_leaves_out_what_its_host_does_not_know() {
    let heard = Heard::default();
    let said = everything(provided(&heard), "parameter");
    assert_eq!(said[0], "1");
    assert_eq!(said[2], "[Note { id: 4, text: \"news\" }] [1, 4]");
    assert_eq!(
        heard.take(),
        ["news: hello", "news: announced", "Note { text: \"a\" }"]
    );
}

#[test]
fn one_function_of_a_trait_may_be_provided_by_itself() {
    let heard = Heard::default();
    let builder = provided(&heard).provide("Services::publish", |_: &str, _: &str| 77_u32);
    assert_eq!(everything(builder, BASE)[..2], ["77", "77"]);
}

/// What a host wrote down says of each module, and of each update, what the host then does with it.
#[test]
fn what_a_module_is_given_is_known_beforehand() {
    let heard = Heard::default();
    let newer = Host::builder().provide_all::<dyn newer::Services>(Server(heard.clone()));
    let lacks = Host::builder().provide("Services::later", || -> u8 { 7 });
    let variants = [BASE, "required", "optional", "parameter"];
    let (mut accepted, mut refused) = (0, 0);
    for host in [provided(&heard), newer, lacks] {
        let host = host.expects::<dyn Caller>("services");
        for was in variants {
            let Ok(_) = foreseen::load(&host, &FILES.file(was)) else {
                refused += 1;
                continue;
            };
            for now in variants {
                let module = foreseen::load(&host, &FILES.file(was)).expect("as before");
                let (was, now) = (FILES.file(was), FILES.file(now));
                match foreseen::update(&host, &module, (&was, &now)) {
                    Ok(_) => accepted += 1,
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(accepted > 10 && refused > 5, "{accepted} and {refused}");
}
