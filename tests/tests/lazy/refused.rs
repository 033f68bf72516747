//! Modules with a `Lazy` where its value could not follow are refused before anything of them runs.

use super::*;

/// Each with what is said of it.
const MISUSED: &[(&str, &[Edit], &[&str])] = &[
    (
        "shared",
        &[(
            "    // more fields",
            "    shared: Vec<std::sync::Arc<Lazy<Entry>>>,",
        )],
        &[
            "type World, field shared",
            "`Arc<Lazy<Entry>>`",
            "help: a value that follows by itself has one owner",
        ],
    ),
    (
        "shared-within",
        &[
            (
                "    // more of an entry",
                "    #[state(default = None)]\n    shelf: Option<std::sync::Arc<std::sync::Mutex<Shelf>>>,",
            ),
            (
                "Clone, PartialEq, Debug)]\npub struct Entry",
                "Debug)]\npub struct Entry",
            ),
            ("        // more of a new entry", "        shelf: None,"),
            (
                "        let copy = self.entries[&from].clone();\n        self.entries.insert(to, copy);",
                "        let _ = (from, to);",
            ),
            ("self.entries[&a] == self.entries[&b]", "a == b"),
        ],
        &["type Entry, field shelf", "`Arc<Mutex<Shelf>>`"],
    ),
    (
        "keyed",
        &[(
            "    // more fields",
            "    keyed: std::collections::BTreeSet<Lazy<u64>>,",
        )],
        &[
            "type World, field keyed",
            "help: keys are hashed and compared",
        ],
    ),
    (
        "counted",
        &[(
            "// more items",
            "#[derive(StableState, Debug)]\npub struct Counted {\n    shelf: std::rc::Rc<Shelf>,\n}",
        )],
        &[
            "type Counted, field shelf",
            "`Rc<Shelf>`",
            "help: a value that follows by itself has one owner",
        ],
    ),
    (
        "weakly",
        &[(
            "    // more fields",
            "    weakly: Option<std::sync::Weak<std::sync::Mutex<Lazy<Entry>>>>,",
        )],
        &[
            "type World, field weakly",
            "`Weak<Mutex<Lazy<Entry>>>`",
            "help: a value that follows by itself has one owner",
        ],
    ),
    (
        "mapped",
        &[("    // more fields", "    mapped: HashMap<Lazy<u64>, u64>,")],
        &[
            "type World, field mapped",
            "help: keys are hashed and compared",
        ],
    ),
    (
        "returned",
        &[(
            "// more items",
            "#[hotmod::export]\npub fn make() -> Vec<Shelf> {\n    Vec::new()\n}",
        )],
        &[
            "fn make() -> Vec<Shelf>`",
            "which holds one",
            "help: a `Lazy` stays in its state",
        ],
    ),
    (
        "passed",
        &[(
            "// more items",
            "#[hotmod::export]\npub fn pass(shelf: &Shelf) -> usize {\n    shelf.entries.len()\n}",
        )],
        &[
            "fn pass(shelf: &Shelf) -> usize`",
            "which holds one",
            "help: a `Lazy` stays in its state",
        ],
    ),
];

#[test]
fn a_lazy_where_it_cannot_follow_is_refused() {
    let mut family = Family::new("hoard").package("hoard-misused");
    for (name, edits, _) in MISUSED {
        family = family.variant(name, edits);
    }
    let built = family.build();
    for (name, _, says) in MISUSED {
        let refusal = host()
            .load::<dyn Hoard>(built.file(name))
            .expect_err(name)
            .to_string();
        for text in *says {
            assert!(
                refusal.contains(text),
                "{name}: {text} is not in\n{refusal}"
            );
        }
    }
}
