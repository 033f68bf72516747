//! Containers of other crates around types of the module's own: the types inside are compared by their
//! descriptions, and the container by its own identity, in every version of the module.

use std::sync::LazyLock;

use hotmod_host::describe::{Rule, Verdict};
use hotmod_host::{Host, Instance, Module, RefusalStage};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::shelves::Shelves;

#[path = "foreign/versions.rs"]
mod versions;

/// For variants that are only ever updates.
const NO_PUT: Edit = (
    "let item = Item { name: name.to_owned(), count: count as _, ..made() };",
    "let item = made();",
);

const OLD_ITEM: &str = "\
#[derive(hotmod::OldState, Debug)]
#[state(id = \"World\")]
struct OldWorld {
    // SAFETY: the container holds what it owns, and nothing else.
    #[state(unsafe(opaque))]
    row: Shelf<OldItem>,
    // SAFETY: as above.
    #[state(unsafe(opaque))]
    nested: Box<Rack<u64, Vec<OldItem>>>,
    // SAFETY: as above.
    #[state(unsafe(opaque))]
    deep: (Rack<[OldItem; 2], (u8, Option<OldItem>)>, Shelf<Shelf<OldTagged<OldItem>>>),
    // SAFETY: as above.
    #[state(unsafe(opaque))]
    cards: Shelf<Card>,
    puts: u32,
}

#[derive(hotmod::OldState, Debug)]
#[state(id = \"Item\")]
struct OldItem {
    name: String,
    count: u64,
}

#[derive(hotmod::OldState, Debug)]
#[state(id = \"Tagged\")]
struct OldTagged<T> {
    tag: u8,
    value: T,
}

#[hotmod::migrate]
fn world(old: &hotmod::Old<'_>) -> Result<World, String> {
    let old: &OldWorld = old.read()?;
    let mut world = new_world();
    let item = |old: &OldItem| Item { name: old.name.clone(), count: old.count.to_string() };
    world.row.items = old.row.items.iter().map(item).collect();
    world.puts = old.puts;
    Ok(world)
}
";

static SHELVES: LazyLock<Built> = LazyLock::new(|| {
    let of_string: Edit = ("    count: u64,\n}", "    count: String,\n}");
    let transient: Edit = (
        "    count: u64,\n}",
        "    count: u64,\n    #[state(skip)]\n    cache: [u64; 3],\n}",
    );
    let hook: Edit = (
        "// more\n",
        "#[hotmod::migrate]\nfn item(old: &hotmod::Old<'_>) -> Result<Item, String> {\n    let name: \
         &String = old.get(\"name\")?;\n    Ok(Item { name: name.clone(), ..made() })\n}\n",
    );
    let labelled: Edit = (
        "// more\n",
        "impl Labelled for Item { fn label(&self) -> String { self.name.clone() } }\n",
    );
    let drawer: Edit = (
        "    // more fields",
        "    // SAFETY: as above.\n    #[state(unsafe(opaque, whole), default = Drawer { items: \
         Vec::new() })]\n    drawer: Drawer<Item>,",
    );
    let drawn: Edit = (
        "        // more values",
        "        drawer: Drawer { items: Vec::new() },",
    );
    Family::new("shelves")
        .variant("raised", &[("version: \"1.0.0\"", "version: \"1.1.0\"")])
        .variant("beside", &[("    puts: u32,", "    puts: u64,")])
        .variant("string", &[of_string, NO_PUT])
        .variant("float", &[("    count: u64,\n}", "    count: f64,\n}")])
        .variant("narrower", &[("    count: u64,\n}", "    count: u32,\n}")])
        .variant(
            "larger",
            &[(
                "    count: u64,\n}",
                "    count: u64,\n    #[state(default)]\n    more: u64,\n}",
            )],
        )
        .variant(
            "reordered",
            &[(
                "    name: String,\n    count: u64,\n}",
                "    count: u64,\n    name: String,\n}",
            )],
        )
        .variant(
            "meant",
            &[(
                "#[derive(StableState, Debug, Clone, Default)]",
                "#[derive(StableState, Debug, Clone, \
              Default)]\n#[state(meaning = 1)]",
            )],
        )
        .variant("tagged", &[("    tag: u8,", "    tag: i8,")])
        .variant("transient", &[transient])
        .variant(
            "transient-again",
            &[transient, ("    puts: u32,", "    puts: u64,")],
        )
        .variant("hooked", &[hook])
        .variant(
            "hooked-and-grown",
            &[
                hook,
                ("    count: u64,\n}", "    count: u64,\n    more: u64,\n}"),
            ],
        )
        .variant(
            "coins",
            &[("    cards: Shelf<Card>,", "    cards: Shelf<Coin>,")],
        )
        .variant(
            "racked",
            &[
                ("    row: Shelf<Item>,", "    row: Rack<Item, ()>,"),
                (
                    "        row: Shelf::default(),",
                    "        row: Rack::default(),",
                ),
                ("        self.row.items.push(item.clone());", ""),
            ],
        )
        .variant("read", &[of_string, NO_PUT, ("// more\n", OLD_ITEM)])
        .variant("whole", &[drawer, drawn, labelled])
        .variant(
            "whole-again",
            &[
                drawer,
                drawn,
                labelled,
                ("    puts: u32,", "    puts: u64,"),
            ],
        )
        .build()
});

fn shelves(variant: &str) -> (Module<dyn Shelves>, Instance<dyn Shelves>) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Shelves>(SHELVES.file(variant))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut world = module.create("").expect("an instance");
    for (name, count) in [("ada", 1), ("bob", 2)] {
        world.put(name, count).expect("a call");
    }
    (module, world)
}

/// What is said of a change that is refused; the state goes on.
fn refused(from: &str, to: &str) -> String {
    let (module, mut world) = shelves(from);
    let before = world.show().expect("a call");
    let refusal = module.update(SHELVES.file(to)).expect_err(to);
    assert_eq!(refusal.stage(), RefusalStage::Compare, "{refusal}");
    assert_eq!(world.show().expect("a call"), before);
    world.put("eve", 3).expect("a call");
    let refuses = refusal.differences().iter().filter(|it| it.rule.refuses());
    let rules: Vec<Rule> = refuses.map(|it| it.rule).collect();
    assert!(
        rules.iter().all(|rule| *rule == Rule::TypeChanged),
        "{refusal}"
    );
    refusal.to_string()
}

#[test]
fn what_only_a_version_sets_apart_goes_on() {
    for (variant, verdict) in [("raised", Verdict::Adopt), ("beside", Verdict::Migrate)] {
        let (module, mut world) = shelves(BASE);
        let before = world.show().expect("a call");
        let update = module
            .update(SHELVES.file(variant))
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(update.verdict, verdict, "{variant}");
        assert_eq!(world.show().expect("a call"), before, "{variant}");
        world.put("eve", 3).expect("a call");
        assert!(world.show().expect("a call").contains("eve"));
    }
}

#[test]
fn what_changes_inside_is_refused_with_its_field() {
    for (variant, says) in [
        (
            "string",
            "World.row: was the opaque `Shelf<Item>`, in which Item.count was u64",
        ),
        (
            "float",
            "World.row: was the opaque `Shelf<Item>`, in which Item.count was u64",
        ),
        (
            "narrower",
            "World.nested: was the opaque `Box<Rack<u64, Vec<Item>>>`, in which Vec<Item>[].count was u64",
        ),
        (
            "larger",
            "World.row: was the opaque `Shelf<Item>`, in which Item",
        ),
        (
            "reordered",
            "World.row: was the opaque `Shelf<Item>`, in which Item",
        ),
        (
            "meant",
            "World.row: was the opaque `Shelf<Item>`, in which Item was meaning 0, now meaning 1",
        ),
        ("tagged", "in which Tagged<Item>.tag was u8"),
        (
            "hooked",
            "World.row: was the opaque `Shelf<Item>`, now one in which `Item` is another, or is to be converted",
        ),
        (
            "hooked-and-grown",
            "World.row: was the opaque `Shelf<Item>`, in which Item",
        ),
        (
            "racked",
            "World.row: was the opaque `Shelf<Item>`, now the opaque `Rack<Item, ()>`",
        ),
        (
            "coins",
            "World.cards: was the opaque `Shelf<Card>`, now the opaque `Shelf<Coin>`",
        ),
    ] {
        let said = refused(BASE, variant);
        assert!(said.contains(says), "{variant}: {said}");
        assert!(said.contains("help: "), "{variant}: {said}");
    }
}

#[test]
fn a_part_that_is_not_carried_over_is_refused() {
    let said = refused("transient", "transient-again");
    let says = "World.row: was the opaque `Shelf<Item>`, in which a part is not carried over, now made \
                anew in each version: `Item.cache`";
    assert!(said.contains(says), "{said}");
}

/// The way out: a function that reads the old value as it was.
#[test]
fn a_function_reads_what_was_inside() {
    let (module, mut world) = shelves(BASE);
    module
        .update(SHELVES.file("read"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    let after = world.show().expect("a call");
    assert!(
        after.contains("Item { name: \"bob\", count: \"2\" }"),
        "{after}"
    );
    assert!(after.contains("puts: 2"), "{after}");
}

/// A bound that no stand-in fulfils: the type is identified by itself, so it is another in each version.
#[test]
fn a_type_that_is_told_by_itself_is_of_one_version() {
    let said = refused("whole", "whole-again");
    assert!(
        said.contains("World.drawer: was the opaque `Drawer<Item>`, now `Drawer<Item>` of another"),
        "{said}"
    );
}
