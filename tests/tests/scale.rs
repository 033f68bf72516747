//! Many types, and types that refer to each other.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::LazyLock;

use hotmod_host::describe::{Fingerprints, Rule};
use hotmod_host::{Host, UpdateOutcome, inspect};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::family_tree::{
    Edge, Expression, Graph, House, Person, Registry, Street,
};

const MANY: usize = 200;

/// `MANY` types, each of which leads to all others, and as many exports.
static LARGE: LazyLock<Built> = LazyLock::new(|| {
    let mut source = String::from(
        "//! Many of everything.\n\nuse std::collections::HashMap;\n\nuse hotmod::StableState;\n\n\
         hotmod::module! { name: \"large\", version: \"1.0.0\" }\n\n\
         #[derive(StableState, Default)]\npub struct World {\n    first: T0,\n}\n\n\
         #[hotmod::init]\nfn new_world() -> World {\n    World::default()\n}\n",
    );
    for i in 0..MANY {
        // A tree whose branches know their trunk: the compiler's own limit is on how long a chain of
        // types may be.
        let branch = |branch: usize| if branch < MANY { branch } else { i };
        let (left, right) = (branch(2 * i + 1), branch(2 * i + 2));
        let trunk = i.saturating_sub(1) / 2;
        write!(
            source,
            "\n#[derive(StableState, Default)]\npub struct T{i} {{\n    number_{i}: u32,\n    \
             text: String,\n    left: Option<Box<T{left}>>,\n    right: HashMap<u64, T{right}>,\n    \
             trunk: Vec<T{trunk}>,\n}}\n\n\
             #[hotmod::export]\npub fn export_{i}(number: u32, of: &T{i}) -> Vec<String> {{\n    \
             vec![of.text.clone(); number as usize]\n}}\n\n\
             #[hotmod::export]\npub fn number_{i}(number: u32) -> u32 {{\n    number + {i}\n}}\n"
        )
        .expect("writing to a text");
    }
    Family::written("large", source)
        .variant("last-changed", &[("number_199: u32,", "number_199: i32,")])
        .build()
});

const GREY: Edit = (
    "    pub name: String,",
    "    pub name: String,\n    pub grey: bool,",
);

static FAMILY_TREE: LazyLock<Built> = LazyLock::new(|| {
    Family::new("family_tree")
        .variant("rebuilt", &[("//! Keeps values", "//! Still keeps values")])
        .variant("newer", &[("\"1.0.0\"", "\"1.1.0\"")])
        .variant("person", &[GREY])
        .variant("edge", &[("    pub weight: T,", "    pub weight: Vec<T>,")])
        .variant(
            "house",
            &[(
                "    pub opposite: Option<Box<House>>,",
                "    pub opposite: Vec<House>,",
            )],
        )
        .build()
});

#[test]
fn a_module_of_many_types_and_exports_is_loaded() {
    let inspected = inspect(LARGE.file(BASE)).unwrap_or_else(|refusal| panic!("{refusal}"));
    let manifest = inspected.manifest();
    assert_eq!(manifest.functions.len(), 2 * MANY);
    assert_eq!(manifest.types.len(), MANY + 1);

    let host = Host::builder().build().expect("a host");
    let module = host
        .load_untyped(LARGE.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    for i in 0..MANY {
        let function = module
            .function::<fn(u32) -> u32>(&format!("number_{i}"))
            .expect("the export");
        let sum = 1 + u32::try_from(i).expect("a small number");
        assert_eq!(function.call(1).expect("a call"), sum);
    }
}

/// Every type leads to every other, so the change shows in the fingerprints of all.
#[test]
fn one_change_among_many_types_is_found() {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load_untyped(LARGE.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let refusal = module
        .update(LARGE.file("last-changed"))
        .expect_err("another field");
    assert!(!refusal.differences().is_empty(), "{refusal}");
    for difference in refusal.differences().iter().filter(|d| d.rule.refuses()) {
        assert!(difference.path.ends_with(".number_199"), "{refusal}");
    }

    let was = inspect(LARGE.file(BASE)).expect("the module");
    let now = inspect(LARGE.file("last-changed")).expect("the module");
    for ty in was.manifest().types.keys() {
        let before = Fingerprints::of(was.manifest(), ty);
        let after = Fingerprints::of(now.manifest(), ty);
        assert_ne!(before.layout, after.layout, "{ty}");
        assert_ne!(before.schema, after.schema, "{ty}");
    }
}

fn person(depth: usize) -> Person {
    Person {
        name: format!("generation {depth}"),
        children: match depth {
            0 => Vec::new(),
            _ => vec![person(depth - 1), person(depth - 1)],
        },
    }
}

fn graph<T: Clone>(value: T, depth: usize) -> Graph<T> {
    let deeper = |depth: usize| graph(value.clone(), depth - 1);
    let edge = |depth: usize| Edge {
        weight: value.clone(),
        to: vec![deeper(depth)],
        paired: None,
    };
    Graph {
        next: match depth {
            0 => HashMap::new(),
            _ => HashMap::from([(
                "on".to_owned(),
                Edge {
                    paired: Some((value.clone(), Box::new(edge(depth)))),
                    ..edge(depth)
                },
            )]),
        },
        same: (depth > 0).then(|| Box::new(deeper(depth))),
        value,
    }
}

fn street() -> Street {
    let house = House {
        floors: BTreeMap::from([("attic".to_owned(), vec![Street::default()])]),
        opposite: Some(Box::new(House::default())),
    };
    Street {
        houses: HashMap::from([(1, house)]),
    }
}

#[test]
fn types_that_refer_to_themselves_pass_and_are_kept() {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Registry>(FAMILY_TREE.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut book = module.create("").expect("a book");

    assert_eq!(book.person(person(5)).expect("a call"), 63);
    let three = Expression::Sum(
        Box::new(Expression::Number(1)),
        Box::new(Expression::Number(2)),
    );
    let choice = Expression::Choice {
        of: vec![Expression::Number(7), three],
        by: Some(Box::new(Expression::Number(1))),
    };
    assert_eq!(book.expression(&choice).expect("a call"), 3);
    assert_eq!(book.street(street()).expect("a call"), Street::default());
    assert_eq!(book.street(street()).expect("a call"), street());
    assert_eq!(book.graph(graph(7, 3)).expect("a call"), graph(7, 3));
    let mut named = graph("x".to_owned(), 2);
    book.named(&mut named).expect("a call");
    assert_eq!(named.value, "x!");

    let shown = book.show().expect("a call");
    for file in ["rebuilt", "newer"] {
        let update = module.update(FAMILY_TREE.file(file)).expect("an update");
        assert_eq!(update.outcome, UpdateOutcome::Published);
        book.named(&mut graph("x".to_owned(), 2)).expect("a call");
        assert_eq!(book.show().expect("a call"), shown);
    }
    assert_eq!(book.version(), "1.1.0");
}

#[test]
fn a_change_inside_types_that_refer_to_themselves_is_found() {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Registry>(FAMILY_TREE.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let change = |file: &str| {
        let refusal = module.update(FAMILY_TREE.file(file)).expect_err(file);
        let found = refusal.differences().iter();
        found.map(|d| (d.rule, d.path.clone())).collect::<Vec<_>>()
    };
    let is = |rule, path: &str| (rule, path.to_owned());
    assert!(change("person").contains(&is(Rule::FieldAdded, "Registry::person(person).grey")));
    let edge = change("edge");
    let by_number = "Registry::graph(graph).next[].weight";
    let by_name = "Registry::named(graph).next[].weight";
    assert!(edge.contains(&is(Rule::TypeChanged, by_number)), "{edge:?}");
    assert!(edge.contains(&is(Rule::TypeChanged, by_name)), "{edge:?}");
    let house = change("house");
    let opposite = "Registry::street(street).houses[].opposite";
    assert!(
        house.contains(&is(Rule::TypeChanged, opposite)),
        "{house:?}"
    );
}
