//! Variants that the receiver of a call does not know: they arrive in the variant that it marks
//! `#[state(other)]`, or the call is an error, whether the host or the module is newer.

use std::sync::LazyLock;

use hotmod_host::describe::Rule;
use hotmod_host::{CallError, Host, Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};

/// A host that is ready for what it does not know.
mod ready {
    use hotmod::StableState;

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) enum Reply {
        Done,
        Text(String),
        #[state(other)]
        Unknown(String),
    }

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) enum Order {
        Go,
        Wait,
        Stop,
        Run { so: String },
    }

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) enum Word {
        Said(String),
        Sung(String),
        #[state(other)]
        Else(String),
    }

    #[hotmod::interface]
    pub(crate) trait Desk {
        fn reply(&self, which: u8) -> Reply;
        fn replies(&self) -> Vec<(u8, Option<Reply>)>;
        fn order(&self, order: Order) -> String;
        fn look(&self, order: &Order, words: &[Word], last: u8) -> String;
        fn heard(&self, word: Word, number: u8) -> String;
        fn revise(&self, reply: &mut Reply, which: u8) -> String;
        fn keep(&mut self, order: Order) -> u32;
    }
}

/// A host that only wants to know that there is something else.
mod careless {
    use hotmod::StableState;

    #[derive(Clone, Debug, PartialEq, StableState)]
    pub(crate) enum Reply {
        #[state(other)]
        Whatever,
        Text(String),
    }

    #[hotmod::interface]
    pub(crate) trait Desk {
        fn replies(&self) -> Vec<(u8, Option<Reply>)>;
    }
}

const REPLIES: Edit = (
    "    Done,\n    Text(String),",
    "    Many(Vec<String>),\n    Two { a: String, b: u8 },\n    Nothing,\n    Text(String),\n    Done,",
);
const MADE: Edit = (
    "        0 => Reply::Done,",
    "        0 => Reply::Done,\n        2 => Reply::Many(vec![\"a\".to_owned(); 3]),\n        \
     3 => Reply::Two { a: \"a\".to_owned(), b: 1 },\n        4 => Reply::Nothing,",
);
const ODD: Edit = (
    "    Go,\n    Stop,",
    "    Go,\n    Stop,\n    #[state(other)]\n    Odd,",
);
const FEWER: Edit = (
    "    Go,\n    Stop,",
    "    Go,\n    #[state(other)]\n    Odd,",
);

static DESKS: LazyLock<Built> = LazyLock::new(|| {
    Family::new("strangers")
        .variant("newer", &[REPLIES, MADE, ODD])
        .variant("fewer", &[FEWER])
        .build()
});

fn desk<I: hotmod_host::Interface + ?Sized>(variant: &str) -> (Module<I>, Instance<I>) {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<I>(DESKS.file(variant));
    let module = module.unwrap_or_else(|refusal| panic!("{variant}: {refusal}"));
    let desk = module.create("").expect("a desk");
    (module, desk)
}

fn unknown(name: &str) -> ready::Reply {
    ready::Reply::Unknown(name.to_owned())
}

fn run() -> ready::Order {
    ready::Order::Run {
        so: "fast".to_owned(),
    }
}

#[test]
fn a_result_that_the_host_does_not_know_arrives_by_its_name() {
    let (_module, desk) = desk::<dyn ready::Desk>("newer");
    let replies: Vec<_> = (0..6)
        .map(|which| desk.reply(which).expect("a call"))
        .collect();
    let expected = [
        ready::Reply::Done,
        ready::Reply::Text("1".to_owned()),
        unknown("Many"),
        unknown("Two"),
        unknown("Nothing"),
        ready::Reply::Text("5".to_owned()),
    ];
    assert_eq!(replies, expected);
    let all = desk.replies().expect("a call");
    let within: Vec<_> = all.iter().filter_map(|(_, reply)| reply.clone()).collect();
    assert_eq!(within, expected);
    assert_eq!(all.last(), Some(&(9, None)));
}

#[test]
fn a_variant_for_what_is_not_known_needs_no_payload() {
    let (_module, desk) = desk::<dyn careless::Desk>("newer");
    let all = desk.replies().expect("a call");
    let whatever: Vec<u8> = all
        .iter()
        .filter(|(_, reply)| *reply == Some(careless::Reply::Whatever))
        .map(|(which, _)| *which)
        .collect();
    assert_eq!(whatever, [0, 2, 3, 4]);
}

#[test]
fn an_argument_that_the_module_does_not_know_arrives_too() {
    let (_module, desk) = desk::<dyn ready::Desk>("newer");
    assert_eq!(desk.order(ready::Order::Go).expect("a call"), "Go");
    assert_eq!(desk.order(ready::Order::Wait).expect("a call"), "Odd");
    assert_eq!(desk.order(run()).expect("a call"), "Odd");
    let said = ready::Word::Said("a".to_owned());
    let sung = ready::Word::Sung("b".to_owned());
    let other = ready::Word::Else("c".to_owned());
    for (word, heard) in [
        (&said, "Said(\"a\")"),
        (&sung, "Else(\"Sung\")"),
        (&other, "Else(\"c\")"),
    ] {
        assert_eq!(
            desk.heard(word.clone(), 3).expect("a call"),
            format!("{heard} 3")
        );
    }
    // Lent values are given up after the call, whatever variant they came from.
    let words = [said, sung, other];
    let seen = desk.look(&run(), &words, 7).expect("a call");
    assert_eq!(seen, "Odd [Said(\"a\"), Else(\"Sung\"), Else(\"c\")] 7");
    assert_eq!(words[2], ready::Word::Else("c".to_owned()));
}

#[test]
fn without_such_a_variant_the_call_fails() {
    let (module, desk) = desk::<dyn ready::Desk>(BASE);
    assert_eq!(desk.order(ready::Order::Stop).expect("a call"), "Stop");
    match desk.order(run()) {
        Err(CallError::Unfit(unfit)) => {
            assert!(!unfit.ran, "{unfit}");
            assert!(unfit.value.contains("`Run`"), "{unfit}");
        }
        other => panic!("{other:?}"),
    }
    match desk.look(&ready::Order::Wait, &[ready::Word::Sung("x".to_owned())], 1) {
        Err(CallError::Unfit(unfit)) => assert_eq!(unfit.path, "(order)"),
        other => panic!("{other:?}"),
    }
    let report = module.update(DESKS.file("newer")).expect("an update");
    let listed: Vec<(Rule, &str)> = report
        .differences
        .iter()
        .map(|it| (it.rule, it.path.as_str()))
        .collect();
    for expected in [
        (Rule::CallOther, "Desk::reply() -> ::Many"),
        (Rule::CallOther, "Desk::replies() -> [].1?::Two"),
        (Rule::CallOther, "Desk::order(order)::Wait"),
        (Rule::CallOther, "Desk::look(words)::Sung"),
    ] {
        assert!(listed.contains(&expected), "{expected:?}: {report}");
    }
    assert!(
        report
            .to_string()
            .contains("Desk::reply() -> ::Many: arrives as `Unknown`"),
        "{report}"
    );
}

#[test]
fn what_the_call_leaves_in_an_argument_arrives_so_too() {
    let (_module, desk) = desk::<dyn ready::Desk>("newer");
    let mut reply = ready::Reply::Text("lent".to_owned());
    assert_eq!(
        desk.revise(&mut reply, 100).expect("a call"),
        "Text(\"lent\")"
    );
    assert_eq!(reply, ready::Reply::Text("lent".to_owned()));
    desk.revise(&mut reply, 2).expect("a call");
    assert_eq!(reply, unknown("Many"));
    // It is none of the module's variants.
    match desk.revise(&mut reply, 1) {
        Err(CallError::Unfit(unfit)) => assert!(!unfit.ran, "{unfit}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(reply, unknown("Many"));
}

#[test]
fn state_keeps_to_the_rules_for_state() {
    let (module, mut desk) = desk::<dyn ready::Desk>(BASE);
    desk.keep(ready::Order::Go).expect("a call");
    let (_, mut stopped) = (module.clone(), module.create("").expect("a desk"));
    stopped.keep(ready::Order::Stop).expect("a call");
    let report = module.update(DESKS.file("fewer")).expect("an update");
    assert!(
        report
            .differences
            .iter()
            .any(|it| it.rule == Rule::VariantUnused),
        "{report}"
    );
    desk.migrate().expect("nothing that is gone is in use");
    // A value of the state is not turned into something else.
    let error = stopped
        .migrate()
        .expect_err("a variant that is gone is in use");
    assert!(error.reason.contains("`Stop`"), "{error}");
    assert_eq!(stopped.version(), "1.0.0");
    // What is passed is.
    assert_eq!(desk.order(ready::Order::Stop).expect("a call"), "Odd");
}
