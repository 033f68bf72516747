//! Values that no stack has room for: those that are large by themselves, and those that are deep.

use std::sync::LazyLock;
use std::thread;

use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::bulky::Bulky;

use super::{at_rest, create, load, update};

/// Every large value changes.
const WIDER: &[Edit] = &[
    (
        "pub struct Large {\n    head: u32,",
        "pub struct Large {\n    head: u64,",
    ),
    (
        "pub struct Huge {\n    head: u32,",
        "pub struct Huge {\n    head: u64,",
    ),
];
/// The last field cannot be made, so what was made before it goes.
const FAILS: &[Edit] = &[
    (
        "    // the last field",
        "    #[state(default = never())]\n    last: u8,",
    ),
    (
        "#[hotmod::init]",
        "fn never() -> u8 {\n    panic!(\"not this time\")\n}\n\n#[hotmod::init]",
    ),
    (
        "        ..All::default()",
        "        last: 0,\n        ..All::default()",
    ),
];
/// The lists as a whole are gone.
const UNLISTED: &[Edit] = &[
    (
        "#[derive(StableState, Default)]\npub struct All {",
        "#[derive(StableState, Default)]\n#[state(removed(\"links\", \"forest\"))]\npub struct All {",
    ),
    ("    links: List,\n    forest: Forest,\n", ""),
    (
        "        self.links = List { len: links as _, head: None };\n        self.forest = Forest { len: links as _, trees: vec![] };\n        for number in 0..links {\n            let next = self.links.head.take();\n            self.links.head = Some(Box::new(Link { number: number.into(), next }));\n            let under = std::mem::take(&mut self.forest.trees);\n            let leaf = Tree::Leaf(\"leaf\".to_owned());\n            self.forest.trees = vec![Tree::Node(under, Arc::new(\"node\".to_owned())), leaf];\n        }",
        "",
    ),
    (
        "vec![u64::from(self.links.len), u64::from(self.forest.len)]",
        "vec![]",
    ),
];
/// The links are gone, and their lists stay.
const HEADLESS: &[Edit] = &[
    (
        "#[derive(StableState, Default)]\npub struct List {\n    len: u32,\n    head: Option<Box<Link>>,",
        "#[derive(StableState, Default)]\n#[state(removed(\"head\"))]\npub struct List {\n    len: u32,",
    ),
    (
        "#[derive(StableState, Default)]\npub struct Forest {\n    len: u32,\n    trees: Vec<Tree>,",
        "#[derive(StableState, Default)]\n#[state(removed(\"trees\"))]\npub struct Forest {\n    len: u32,",
    ),
    (
        "        let mut next = self.head.take();\n        while let Some(mut link) = next {\n            next = link.next.take();\n        }",
        "",
    ),
    (
        "        let mut trees = std::mem::take(&mut self.trees);\n        while let Some(tree) = trees.pop() {\n            if let Tree::Node(more, _) = tree {\n                trees.extend(more);\n            }\n        }",
        "",
    ),
    (
        "        self.links = List { len: links as _, head: None };\n        self.forest = Forest { len: links as _, trees: vec![] };\n        for number in 0..links {\n            let next = self.links.head.take();\n            self.links.head = Some(Box::new(Link { number: number.into(), next }));\n            let under = std::mem::take(&mut self.forest.trees);\n            let leaf = Tree::Leaf(\"leaf\".to_owned());\n            self.forest.trees = vec![Tree::Node(under, Arc::new(\"node\".to_owned())), leaf];\n        }",
        "",
    ),
];
/// A function makes the lists, without their links.
const HOOKED: &[Edit] = &[
    (
        "#[derive(StableState, Default)]\npub struct List {\n    len: u32,\n    head: Option<Box<Link>>,",
        "#[derive(StableState, Default)]\npub struct List {\n    len: u64,\n    head: Option<Box<Link>>,",
    ),
    (
        "#[hotmod::init]",
        "#[hotmod::migrate]\nfn list(old: &hotmod::Old<'_>) -> Result<List, String> {\n    let len: &u32 = old.get(\"len\")?;\n    Ok(List { len: u64::from(*len), head: None })\n}\n\n#[hotmod::init]",
    ),
    ("u64::from(self.links.len)", "self.links.len"),
];

static BULKY: LazyLock<Built> = LazyLock::new(|| {
    Family::new("bulky")
        .variant("wider", WIDER)
        .variant("failing", &[WIDER, FAILS].concat())
        .variant("unlisted", UNLISTED)
        .variant("headless", HEADLESS)
        .variant("hooked", HOOKED)
        .build()
});

/// Runs it on a thread with this much stack.
fn on_stack(size: usize, test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(size).spawn(test);
    let done = thread.expect("a thread").join();
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

#[test]
fn large_values_are_taken_along_on_a_small_stack() {
    let module = load::<dyn Bulky>(BULKY.file(BASE));
    let mut all = create(&module, "");
    all.fill().expect("a call");
    let shown = all.show().expect("a call");
    update(&module, BULKY.file("wider"));
    let rest = at_rest::<dyn Bulky>([BASE, "wider"].map(|variant| BULKY.file(variant)));
    on_stack(128 << 10, move || {
        all.migrate().expect("every value fits");
        assert_eq!(all.show().expect("a call"), shown);
        drop(all);
        assert_eq!(module.memory(), rest);
    });
}

#[test]
fn large_values_are_given_up_on_a_small_stack() {
    let module = load::<dyn Bulky>(BULKY.file(BASE));
    let mut all = create(&module, "");
    all.fill().expect("a call");
    let shown = all.show().expect("a call");
    update(&module, BULKY.file("failing"));
    on_stack(128 << 10, move || {
        all.migrate().expect_err("the last field cannot be made");
        let memory = module.memory();
        let error = all.migrate().expect_err("the last field cannot be made");
        assert!(error.reason.ends_with("not this time"), "{error}");
        assert_eq!(module.memory(), memory);
        assert_eq!(all.show().expect("a call"), shown);
    });
}

/// Migrates a state with lists of a million links.
fn expect_links(variant: &'static str, left: &'static [u64]) {
    const LINKS: u32 = 1_000_000;
    let module = load::<dyn Bulky>(BULKY.file(BASE));
    let mut all = create(&module, "");
    all.link(LINKS).expect("a call");
    update(&module, BULKY.file(variant));
    let rest = at_rest::<dyn Bulky>([BASE, variant].map(|variant| BULKY.file(variant)));
    on_stack(256 << 10, move || {
        all.migrate().expect("every value fits");
        assert_eq!(all.links().expect("a call"), left);
        drop(all);
        assert_eq!(module.memory(), rest);
    });
}

#[test]
fn lists_that_are_gone_are_dropped_by_their_own_code() {
    expect_links("unlisted", &[]);
}

#[test]
fn links_that_are_gone_find_a_stack_to_be_dropped_on() {
    expect_links("headless", &[1_000_000, 1_000_000]);
}

#[test]
fn a_list_that_a_function_replaced_is_dropped_by_its_own_code() {
    expect_links("hooked", &[1_000_000, 1_000_000]);
}
