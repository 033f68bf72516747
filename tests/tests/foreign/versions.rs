//! Two versions of one foreign crate: of one in each version of a module, and of both in one module, where
//! they go by the same names.

use std::fs;
use std::path::Path;

use hotmod_tests::fixture::ForGood;

use super::*;

const SOURCE: &str = r#"//! A state that is full of one other crate's types.

use dice as one;
use hotmod::StableState;

hotmod::module! { name: "gambling", version: "1.0.0" }

#[derive(StableState, Debug)]
pub struct World {
    #[state(serde)]
    dice: one::Dice,
    #[state(as = (u64, u64), into = parts, from = token)]
    token: one::Token,
    // more fields
    rolls: u64,
}

fn parts(token: &one::Token) -> (u64, u64) {
    token.parts()
}

fn token((high, low): (u64, u64)) -> one::Token {
    one::Token::of(high, low)
}

#[hotmod::init]
fn world() -> World {
    World {
        dice: one::Dice::default(),
        token: one::Token::of(3, 4),
        // more values
        rolls: 0,
    }
}

#[hotmod::interface]
pub trait Shelves {
    fn put(&mut self, name: &str, count: u64);
    fn show(&self) -> String;
}

#[hotmod::export]
impl Shelves for World {
    fn put(&mut self, _: &str, count: u64) {
        self.rolls += count;
        self.dice.roll(count);
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}
"#;

const PACK: Edit = (
    "    // more fields\n",
    "    // SAFETY: a pack is a `Vec` and nothing else.\n    #[state(unsafe(opaque))]\n    pack: one::Pack,\n",
);
const NEW_PACK: Edit = (
    "        // more values\n",
    "        pack: one::Pack::of(vec![7, 8]),\n",
);
const BOTH: Edit = (
    "    // more fields\n",
    "    // SAFETY: a pack is a `Vec` and nothing else.\n    #[state(unsafe(opaque))]\n    pack: one::Pack,\n    \
     // SAFETY: as above.\n    #[state(unsafe(opaque))]\n    other: two::Pack,\n    #[state(serde)]\n    \
     others: two::Dice,\n",
);
const NEW_BOTH: Edit = (
    "        // more values\n",
    "        pack: one::Pack::of(vec![7, 8]),\n        other: two::Pack::of(vec![9]),\n        others: \
     two::Dice::default(),\n",
);
const FIRST: Edit = (
    "use dice as one;",
    "use dice as one;\nuse other_dice as two;",
);
const SWAPPED: Edit = (
    "use dice as one;",
    "use other_dice as one;\nuse dice as two;",
);
const MORE: Edit = ("\"1.0.0\"", "\"1.1.0\"");

/// The crate in this version.
fn dice(version: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fixtures");
    let folder = folder.join(format!("dice-{version}"));
    fs::create_dir_all(folder.join("src")).expect("a folder");
    let folder = folder.canonicalize().expect("a folder");
    let manifest = format!(
        "[package]\nname = \"dice\"\nversion = \"{version}\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nserde = {{ version = \"1.0\", features = [\"derive\"] }}\n"
    );
    let luck = match version {
        "1.0.0" => "",
        _ => "#[serde(default)] luck: u8,",
    };
    // The second version keeps its parts in another order: neither size nor alignment shows it.
    let pack = match version {
        "1.0.0" => "first: u64, second: u32, third: u32",
        _ => "third: u32, second: u32, first: u64",
    };
    let source = format!(
        r#"
        #[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
        pub struct Dice {{ seed: u64, {luck} }}
        impl Dice {{ pub fn roll(&mut self, count: u64) {{ self.seed += count; }} }}
        #[derive(Debug)]
        pub struct Token(u64, u64);
        impl Token {{
            pub fn of(high: u64, low: u64) -> Self {{ Token(high, low) }}
            pub fn parts(&self) -> (u64, u64) {{ (self.0, self.1) }}
        }}
        #[derive(Debug)]
        #[repr(C)]
        pub struct Pack {{ {pack} }}
        impl Pack {{
            pub fn of(held: Vec<u64>) -> Self {{
                Pack {{ first: held[0], second: held.len() as u32, third: 0 }}
            }}
        }}
        "#
    );
    for (name, text) in [("Cargo.toml", manifest), ("src/lib.rs", source)] {
        let file = folder.join(name);
        if fs::read_to_string(&file).ok().as_deref() != Some(&text) {
            fs::write(file, text).expect("a file");
        }
    }
    folder.display().to_string()
}

/// Modules whose `dice` is of this version; `other_dice` is the other one.
fn family(name: &str, version: &str, other: &str) -> Family {
    let [one, other] = [version, other].map(dice);
    let of = |name: &str, folder: &str| {
        format!("{name} = {{ package = \"dice\", path = {folder:?} }}").for_good()
    };
    Family::written("gambling", SOURCE.to_owned())
        .package(name)
        .feature("serde")
        .depends("serde = { version = \"1.0\", features = [\"derive\"] }")
        .depends(of("dice", &one))
        .depends(of("other_dice", &other))
        .variant("plain", &[FIRST, MORE])
        .variant("packed", &[FIRST, PACK, NEW_PACK])
        .variant("packed-again", &[FIRST, PACK, NEW_PACK, MORE])
        .variant("both", &[FIRST, BOTH, NEW_BOTH])
        .variant("both-again", &[FIRST, BOTH, NEW_BOTH, MORE])
        .variant("both-swapped", &[SWAPPED, BOTH, NEW_BOTH, MORE])
}

static ONE: LazyLock<Built> = LazyLock::new(|| family("gambling-one", "1.0.0", "2.0.0").build());
static TWO: LazyLock<Built> = LazyLock::new(|| family("gambling-two", "2.0.0", "1.0.0").build());

fn world(variant: &str) -> (Module<dyn Shelves>, Instance<dyn Shelves>) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Shelves>(ONE.file(variant))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut world = module.create("").expect("a world");
    world.put("", 5).expect("a call");
    (module, world)
}

#[track_caller]
fn refused(module: &Module<dyn Shelves>, file: &Path, paths: &[&str]) {
    let refusal = match module.update(file) {
        Ok(report) => panic!("it is accepted: {report}"),
        Err(refusal) => refusal,
    };
    let found = refusal.differences().iter().filter(|it| it.rule.refuses());
    let found: Vec<&str> = found.map(|it| it.path.as_str()).collect();
    assert_eq!(found, paths, "{refusal}");
}

#[test]
fn what_is_carried_over_by_a_form_goes_from_one_version_of_a_crate_to_another() {
    let (module, mut world) = world("plain");
    let shown = world.show().expect("a call");
    assert_eq!(
        shown,
        "World { dice: Dice { seed: 5 }, token: Token(3, 4), rolls: 5 }"
    );
    let newer: &'static str =
        "World { dice: Dice { seed: 5, luck: 0 }, token: Token(3, 4), rolls: 5 }";
    module
        .update(TWO.file("plain"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.show().expect("a call"), newer);
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.show().expect("a call"), shown);
}

#[test]
fn an_opaque_value_stays_with_its_version_of_a_crate() {
    let (module, mut world) = world("packed");
    let shown = world.show().expect("a call");
    refused(&module, &TWO.file("packed-again"), &["World.pack"]);
    let update = module
        .update(ONE.file("packed-again"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.verdict, Verdict::Migrate);
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.show().expect("a call"), shown);
}

#[test]
fn two_versions_of_a_crate_in_one_module_are_told_apart_under_one_name() {
    let (module, mut world) = world("both");
    let shown = world.show().expect("a call");
    // The source has the same names for the types, and each stands for the other version's.
    refused(
        &module,
        &ONE.file("both-swapped"),
        &["World.pack", "World.other"],
    );
    assert_eq!(world.show().expect("a call"), shown);
    module
        .update(ONE.file("both-again"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.show().expect("a call"), shown);
}
