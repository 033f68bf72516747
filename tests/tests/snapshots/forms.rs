//! Functions that take an earlier form of a type, in a restore: the form is built of what was written.

use hotmod_host::describe::Rule;
use hotmod_host::{RestoreError, Unrestored};
use hotmod_tests::fixture::Edit;
use serde_json::json;

use super::{TREASURIES, all, load, pool, written};

/// A version whose ledger leads to values of every kind.
pub(super) const DEEP: &[Edit] = &[
    (
        "#[derive(StableState)]\npub struct Ledger {\n    lines: Vec<String>,\n",
        "#[derive(StableState)]\npub struct Node {\n    name: String,\n    below: Vec<Node>,\n}\n\n\
         #[derive(StableState)]\npub enum Kind {\n    Empty,\n    One(Single),\n    Named { by: String, coin: Box<Coin> },\n}\n\n\
         #[derive(StableState, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub enum Side {\n    Left,\n    Right(String),\n}\n\n\
         #[derive(StableState)]\npub struct Twice<T> {\n    a: T,\n    b: T,\n}\n\n\
         #[derive(StableState)]\npub struct Ledger {\n    lines: Vec<String>,\n    tree: Node,\n    \
         by_side: HashMap<Side, Vec<Place>>,\n    sides: BTreeSet<Side>,\n    kinds: Vec<Kind>,\n    \
         both: Twice<Arc<Single>>,\n    maybe: Option<Box<Kind>>,\n    #[state(secret)]\n    pin: String,\n    \
         pair: (u8, Option<String>),\n    cell: Mutex<Cell<u8>>,\n    row: [String; 2],\n",
    ),
    (
        "Ledger { lines: vec![\"first\".to_owned()] }",
        "{\n            let mut tree = Node { name: \"leaf\".to_owned(), below: Vec::new() };\n            \
         for _ in 0..if config == \"tall\" { 20_000 } else { 2 } {\n                \
         tree = Node { name: \"n\".to_owned(), below: vec![tree] };\n            }\n            \
         let one = Arc::new(Single(4));\n            Ledger {\n                lines: vec![config.to_owned()],\n                \
         tree,\n                by_side: [(Side::Left, vec![Place { x: 1, y: 2 }]), (Side::Right(\"r\".to_owned()), Vec::new())].into(),\n                \
         sides: [Side::Right(\"s\".to_owned()), Side::Left].into(),\n                \
         kinds: vec![Kind::Empty, Kind::One(Single(5)), Kind::Named { by: \"b\".to_owned(), coin: Box::new(coin(6)) }],\n                \
         both: Twice { a: one.clone(), b: one },\n                maybe: Some(Box::new(Kind::One(Single(7)))),\n                \
         pin: \"pin\".to_owned(),\n                pair: (8, Some(\"p\".to_owned())),\n                \
         cell: Mutex::new(Cell::new(9)),\n                row: [\"x\".to_owned(), \"y\".to_owned()],\n            }\n        }",
    ),
];

/// The version after it, whose ledger and coins are made of earlier forms of their own.
pub(super) const FORMED: &[Edit] = &[
    ("version: \"1.0.0\"", "version: \"1.4.0\""),
    (
        "use hotmod::{Lazy, StableState};",
        "use hotmod::{Lazy, OldState, StableState};",
    ),
    ("    // more of a coin", "    told: String,"),
    (
        "let coin = |worth| Coin { worth, of: format!(\"metal {worth}\") };",
        "let coin = |worth| Coin { worth, of: format!(\"metal {worth}\"), told: String::new() };",
    ),
    (
        "(0..coins).map(|worth| Coin { worth, of: format!(\"metal {worth}\") }).collect();",
        "(0..coins).map(|worth| Coin { worth, of: format!(\"metal {worth}\"), told: String::new() }).collect();",
    ),
    (
        "    lines: Vec<String>,\n",
        "    lines: Vec<String>,\n    told: Vec<String>,\n    kept: Option<Arc<Single>>,\n",
    ),
    (
        "Ledger { lines: vec![\"first\".to_owned()] }",
        "Ledger { lines: Vec::new(), told: Vec::new(), kept: None }",
    ),
    (
        "#[hotmod::init]",
        "#[derive(OldState)]\n#[state(id = \"Coin\")]\nstruct OldCoin {\n    worth: u32,\n    of: String,\n}\n\n\
         #[derive(OldState)]\n#[state(id = \"Node\")]\nstruct OldNode {\n    name: String,\n    below: Vec<OldNode>,\n}\n\n\
         #[derive(OldState)]\n#[state(id = \"Kind\")]\nenum OldKind {\n    Empty,\n    One(Single),\n    Named { by: String, coin: Box<OldCoin> },\n}\n\n\
         #[derive(OldState, PartialEq, Eq, PartialOrd, Ord, Hash)]\n#[state(id = \"Side\")]\nenum OldSide {\n    Left,\n    Right(String),\n}\n\n\
         #[derive(OldState)]\n#[state(id = \"Twice\")]\nstruct OldTwice<T> {\n    a: T,\n    b: T,\n}\n\n\
         #[derive(OldState)]\n#[state(id = \"Ledger\")]\nstruct OldLedger {\n    lines: Vec<String>,\n    tree: OldNode,\n    \
         by_side: HashMap<OldSide, Vec<Place>>,\n    sides: BTreeSet<OldSide>,\n    kinds: Vec<OldKind>,\n    \
         both: OldTwice<Arc<Single>>,\n    maybe: Option<Box<OldKind>>,\n    pin: String,\n    \
         pair: (u8, Option<String>),\n    cell: Mutex<Cell<u8>>,\n    row: [String; 2],\n}\n\n\
         fn kind(kind: &OldKind) -> String {\n    match kind {\n        OldKind::Empty => \"empty\".to_owned(),\n        \
         OldKind::One(one) => format!(\"one {}\", one.0),\n        \
         OldKind::Named { by, coin } => format!(\"{by} {} {}\", coin.worth, coin.of),\n    }\n}\n\n\
         #[hotmod::migrate]\nfn coin(old: &hotmod::Old<'_>) -> Result<Coin, hotmod::OldError> {\n    \
         let [first, again] = [old.read::<OldCoin>()?, old.read::<OldCoin>()?];\n    \
         assert!(std::ptr::eq(first, again), \"it is built once\");\n    \
         let of = old.get::<String>(\"of\")?;\n    assert_eq!(of, &first.of);\n    \
         assert!(std::ptr::eq(of, old.get::<String>(\"of\")?), \"it is built once\");\n    \
         Ok(Coin { worth: first.worth, of: of.clone(), told: format!(\"{}!\", again.of) })\n}\n\n\
         #[hotmod::migrate]\nfn ledger(old: &OldLedger) -> Result<Ledger, String> {\n    \
         let told = match old.lines[0].as_str() {\n        \"panics\" => panic!(\"no ledger\"),\n        \
         \"fails\" => return Err(\"an odd ledger\".to_owned()),\n        \"tall\" => Vec::new(),\n        _ => {\n            \
         let mut told: Vec<String> = old.kinds.iter().map(kind).collect();\n            \
         let mut nodes = vec![&old.tree];\n            while let Some(node) = nodes.pop() {\n                \
         told.push(node.name.clone());\n                nodes.extend(&node.below);\n            }\n            \
         told.push(format!(\"{} {}\", old.by_side[&OldSide::Left][0].y, old.by_side[&OldSide::Right(\"r\".to_owned())].len()));\n            \
         assert!(old.sides.contains(&OldSide::Right(\"s\".to_owned())) && old.sides.len() == 2);\n            \
         assert!(Arc::ptr_eq(&old.both.a, &old.both.b), \"what two fields share is one\");\n            \
         told.push(kind(old.maybe.as_ref().unwrap()));\n            \
         told.push(format!(\"{} {:?} {} {:?}\", old.pin, old.pair, old.cell.lock().unwrap().get(), old.row));\n            told\n        }\n    };\n    \
         Ok(Ledger { lines: old.lines.clone(), told, kept: Some(old.both.a.clone()) })\n}\n\n#[hotmod::init]",
    ),
];

#[test]
fn functions_are_given_earlier_forms_of_what_was_written() {
    let (snapshot, _) = written("deep", &[1]);
    let (_host, module) = load("formed");
    let plans = snapshot.plan(&module.manifest()).expect("a plan");
    let refused = plans.iter().flat_map(|it| &it.differences);
    let refused: Vec<_> = refused.filter(|it| it.rule.refuses()).collect();
    assert!(refused.is_empty(), "{refused:?}");
    let restored = pool(&module);
    let report = restored.restore(&snapshot).expect("states that fit");
    assert_eq!(report.restored, 1, "{:?}", report.unrestored);
    let after = all(&restored, 1);
    assert_eq!(after["coins"][2]["told"], json!("metal 2!"));
    assert_eq!(
        after["ledger"],
        json!({
            "lines": ["vault 1"],
            "told": [
                "empty", "one 5", "b 6 metal 6", "n", "n", "leaf", "2 0", "one 7",
                "pin (8, Some(\"p\")) 9 [\"x\", \"y\"]",
            ],
            "kept": 4,
        })
    );

    // What was built for the functions is gone, but for what they took.
    super::holds_no_more_when_restored_again(&restored, &module, &snapshot);

    // An update says the same of the same state.
    assert_eq!(super::updated("deep", "formed"), after);
}

#[test]
fn nothing_is_left_of_a_form_whose_function_fails_or_panics() {
    for (config, why) in [("panics", "no ledger"), ("fails", "an odd ledger")] {
        let (host, module) = load("deep");
        let vaults = pool(&module);
        vaults.create(1, config).expect("a state");
        let snapshot = super::snapshot(&host);
        let (_host, module) = load("formed");
        let restored = pool(&module);
        let before = module.memory();
        let report = restored.restore(&snapshot).expect("a plan");
        let [(1, Unrestored::Unfit { path, reason, .. })] = report.unrestored.as_slice() else {
            panic!("{report:?}");
        };
        assert!(reason.contains(why), "{reason}");
        assert!(path.starts_with("Vault.ledger"), "{path}");
        assert_eq!(module.memory(), before);
    }
}

#[test]
fn a_form_may_be_as_deep_as_what_was_written() {
    let (host, module) = load("deep");
    let vaults = pool(&module);
    vaults.create(1, "tall").expect("a state");
    let tall = super::snapshot(&host);
    // What is so deep is given up with care where an update gives it up.
    module
        .update(TREASURIES.file("formed"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let followed = vaults.with(&1, |it| it.migrate()).expect("an instance");
    followed.unwrap_or_else(|error| panic!("{error}"));
    let (_host, module) = load("formed");
    let restored = pool(&module);
    let report = restored.restore(&tall).expect("states that fit");
    assert_eq!(report.restored, 1, "{:?}", report.unrestored);
    assert_eq!(all(&restored, 1)["ledger"]["lines"], json!(["tall"]));
}

#[test]
fn a_form_of_another_version_is_refused_before_anything_is_made() {
    let (snapshot, _) = written("kept", &[1]);
    let (_host, module) = load("formed");
    let plans = snapshot.plan(&module.manifest()).expect("a plan");
    let mut all = plans.iter().flat_map(|it| &it.differences);
    let planned = all.find(|it| it.rule == Rule::FormDiffers);
    let planned = planned.expect("a ledger of less");
    assert_eq!(planned.was, "`Ledger.tree` absent");
    assert_eq!(planned.now, "Node, as `ledger` takes it");
    assert!(
        planned
            .help
            .starts_with("let `ledger` take `Ledger` as 1.0.0 has it")
    );
    let restored = pool(&module);
    let error = restored.restore(&snapshot).expect_err("another form");
    assert!(matches!(error, RestoreError::Refused { .. }), "{error}");
    assert!(restored.is_empty());
}
