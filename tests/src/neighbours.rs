//! Modules that call each other: two that call functions, and two that call instances.
#![allow(missing_docs, reason = "the names say what they are")]

use std::hash::{Hash, Hasher};
use std::panic::panic_any;
use std::sync::LazyLock;

use hotmod::StableState;

use crate::fixture::{Built, Edit, Family};

#[hotmod::interface]
pub trait Room: Sync {
    fn say(&mut self, text: &str) -> usize;
    fn said(&self) -> Vec<String>;
    fn fail(&mut self, why: &str) -> u32;
    fn echo(&mut self, key: u64) -> String;
    fn stay(&mut self, gate: &str) -> usize;
    fn look(&self, gate: &str) -> usize;
}

#[derive(StableState, Clone, PartialEq, Eq)]
pub struct Door {
    pub floor: u8,
    pub name: String,
}

/// Panics for one name, with what panics again when it is dropped.
impl Hash for Door {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.name == "jammed" {
            panic_any(Jammed);
        }
        (self.floor, &self.name).hash(state);
    }
}

struct Jammed;

impl Drop for Jammed {
    fn drop(&mut self) {
        panic!("still jammed");
    }
}

const NEWER: Edit = ("version: \"1.0.0\"", "version: \"1.1.0\"");

/// Has the host do something while the module sets itself up.
const PAUSES: &str = "#[hotmod::import]
fn pause();

#[hotmod::loaded]
fn set_up(_: &hotmod::VersionInfo<'_>) -> Result<(), String> {
    pause();
    Ok(())
}";

const DAMAGE: &str = "#[hotmod::export(pure)]
pub fn damage(base: u32, armour: u32) -> u32 {
    base.saturating_sub(armour) * FACTOR
}
";

const FIGHT: &str = "#[hotmod::import(module = \"arms\")]
fn damage(base: u32, armour: u32) -> u32;

#[hotmod::export]
pub fn fight(base: u32, armour: u32) -> u32 {
    damage(base, armour) + 1
}
";

const FIELD: &str = "    pub weight: u32,\n}";
const MADE: &str = "        weight,\n    };";

/// What others call: functions.
pub static ARMS: LazyLock<Built> = LazyLock::new(|| {
    let factor = |factor| ("const FACTOR: u32 = 1;", factor);
    Family::new("arms")
        .variant("double", &[NEWER, factor("const FACTOR: u32 = 2;")])
        .variant("without", &[NEWER, (DAMAGE, "")])
        .variant("pauses", &[("// end damage", PAUSES)])
        .variant("without-pauses", &[NEWER, (DAMAGE, PAUSES)])
        .variant(
            "luck",
            &[
                NEWER,
                (
                    "// end damage",
                    "#[hotmod::export]\npub fn luck(seed: u64) -> Result<u32, String> { \
                     u32::try_from(seed).map_err(|_| \"too much\".to_owned()) }\n\
                     #[hotmod::export]\npub fn mishap(seed: u64) -> u32 { seed as u32 + 100 }",
                ),
            ],
        )
        .variant(
            "heals",
            &[
                ("version: \"1.0.0\"", "version: \"1.2.0\""),
                (DAMAGE, "#[hotmod::export]\npub fn heal(by: u32) -> u32 { by * 2 }\n"),
            ],
        )
        .variant(
            "healing",
            &[
                NEWER,
                (
                    "// end damage",
                    "#[hotmod::export]\npub fn heal(by: u32) -> u32 { by * 2 }",
                ),
            ],
        )
        .variant(
            "wide",
            &[
                NEWER,
                (
                    "pub fn damage(base: u32, armour: u32) -> u32 {\n    base.saturating_sub(armour) * FACTOR",
                    "pub fn damage(base: u64, #[hotmod(default = 5)] luck: u64, armour: u64) -> u64 {\n    \
                     base.saturating_sub(armour) * u64::from(FACTOR) * luck",
                ),
            ],
        )
        .variant(
            "text",
            &[
                NEWER,
                (
                    "pub fn damage(base: u32, armour: u32) -> u32 {\n    base.saturating_sub(armour) * FACTOR",
                    "pub fn damage(base: u32, armour: u32) -> String {\n    \
                     base.saturating_sub(armour).to_string()",
                ),
            ],
        )
        .variant(
            "grown",
            &[
                NEWER,
                (
                    FIELD,
                    "    #[state(default = 7)]\n    pub edge: u8,\n    pub weight: u32,\n}",
                ),
                (MADE, "        weight,\n        edge: 1,\n    };"),
                (
                    "weight => Ok(weight * 10)",
                    "weight => Ok(weight * 10 + u32::from(blow.edge))",
                ),
            ],
        )
        .variant(
            "circle",
            &[(
                "// end damage",
                "#[hotmod::import(module = \"quests\")]\nfn fight(base: u32, armour: u32) -> u32;\n\
                 #[hotmod::export]\npub fn round(depth: u32) -> u32 { fight(depth, 1) }",
            )],
        )
        .variant(
            "self",
            &[(
                "// end damage",
                "mod own { #[hotmod::import(module = \"arms\")]\npub fn total(blows: Vec<super::Blow>) -> u32; }\n\
                 #[hotmod::export]\npub fn all() -> u32 { own::total(Vec::new()) }",
            )],
        )
        .build()
});

/// What calls `arms`.
pub static QUESTS: LazyLock<Built> = LazyLock::new(|| {
    Family::new("quests")
        .variant("newer", &[NEWER, ("damage(base, armour) + 1", "damage(base, armour) + 2")])
        .variant(
            "peaceful",
            &[
                NEWER,
                (
                    FIGHT,
                    "#[hotmod::export]\npub fn fight(base: u32, armour: u32) -> u32 { base + armour }\n",
                ),
            ],
        )
        .variant(
            "heals",
            &[
                ("version: \"1.0.0\"", "version: \"1.2.0\""),
                (
                    FIGHT,
                    "#[hotmod::import(module = \"arms\")]\nfn heal(by: u32) -> u32;\n\
                     #[hotmod::export]\npub fn fight(base: u32, armour: u32) -> u32 { heal(base + armour) }\n",
                ),
            ],
        )
        .variant(
            "pauses",
            &[
                ("version: \"1.0.0\"", "version: \"1.3.0\""),
                ("// end damage", PAUSES),
            ],
        )
        .variant("newer-yet", &[("version: \"1.0.0\"", "version: \"1.4.0\"")])
        .variant(
            "sets-up",
            &[
                NEWER,
                (
                    "// end damage",
                    "#[hotmod::loaded]\nfn set_up(_: &hotmod::VersionInfo<'_>) -> Result<(), String> {\n    \
                     match damage(9, 4) {\n        5 => Ok(()),\n        other => Err(format!(\"damage is \
                     {other}\")),\n    }\n}",
                ),
            ],
        )
        .variant(
            "circle",
            &[(
                "damage(base, armour) + 1",
                "if base == 0 { return 7; } arms_round(base - 1) + armour",
            ),
            (
                "// end damage",
                "#[hotmod::import(module = \"arms\")]\nfn round(depth: u32) -> u32;\n\
                 fn arms_round(depth: u32) -> u32 { round(depth) }",
            )],
        )
        .build()
});

/// What others call: instances.
pub static HALL: LazyLock<Built> = LazyLock::new(|| {
    Family::new("hall")
        .variant(
            "loud",
            &[
                NEWER,
                ("{}: {text}\", self.name", "{}: {text}!\", self.name"),
                (
                    "    said: Vec<String>,\n}",
                    "    said: Vec<String>,\n    #[state(default)]\n    loud: bool,\n}",
                ),
                (
                    "        said: Vec::new(),",
                    "        said: Vec::new(),\n        loud: true,",
                ),
            ],
        )
        .variant(
            "times",
            &[
                NEWER,
                (
                    "fn say(&mut self, text: &str) -> usize;",
                    "fn say(&mut self, #[hotmod(default = 3)] times: u16, text: &str) -> usize;",
                ),
                (
                    "fn say(&mut self, text: &str) -> usize {\n        self",
                    "fn say(&mut self, times: u16, text: &str) -> usize {\n        let text = \
                     text.repeat(usize::from(times));\n        self",
                ),
            ],
        )
        .variant(
            "narrow",
            &[
                NEWER,
                (
                    "    fn echo(&mut self, key: u64) -> String;\n",
                    "    fn echo(&mut self, key: u32) -> String;\n",
                ),
                (
                    "    fn echo(&mut self, key: u64) -> String {\n        back(key)",
                    "    fn echo(&mut self, key: u32) -> String {\n        self.said.push(key.to_string());\n        \
                     back(u64::from(key))",
                ),
            ],
        )
        .variant(
            "wide",
            &[
                NEWER,
                (
                    "    fn fail(&mut self, why: &str) -> u32;",
                    "    fn fail(&mut self, why: &str) -> u64;",
                ),
                (
                    "    fn fail(&mut self, why: &str) -> u32 {\n        panic!(\"{why} in {}\", self.name)",
                    "    fn fail(&mut self, why: &str) -> u64 {\n        self.said.push(why.to_owned());\n        \
                     u64::MAX",
                ),
            ],
        )
        .variant(
            "circle",
            &[
                (
                    "#[hotmod::import]\nfn back(key: u64) -> String;",
                    "#[hotmod::import(module = \"guests\")]\n\
                     fn visit(key: u64, text: &str) -> Result<usize, String>;\n\
                     #[hotmod::import(module = \"guests\")]\n\
                     fn listen(key: u64) -> Result<Vec<String>, String>;",
                ),
                (
                    "        back(key)",
                    "        let heard = listen(key).map(|it| it.len());\n        \
                     format!(\"{heard:?}, {:?}\", visit(key, \"back\"))",
                ),
            ],
        )
        .variant(
            "silent",
            &[
                NEWER,
                ("    fn said(&self) -> Vec<String>;\n", ""),
                (
                    "    fn said(&self) -> Vec<String> {\n        self.said.clone()\n    }\n\n",
                    "",
                ),
            ],
        )
        .build()
});

/// What calls the instances of `hall`.
pub static GUESTS: LazyLock<Built> = LazyLock::new(|| {
    let sets_up = "#[hotmod::loaded]
fn set_up(_: &hotmod::VersionInfo<'_>) -> Result<(), String> {
    ROOMS.call(&7, |room| room.say(\"set up\")).map(drop).map_err(|error| error.to_string())
}";
    Family::new("guests")
        .variant("newer", &[NEWER])
        .variant(
            "suites",
            &[NEWER, ("pool = \"rooms\"", "pool = \"suites\"")],
        )
        .variant("sets-up", &[NEWER, ("// set up", sets_up)])
        .variant(
            "pauses",
            &[NEWER, ("// set up", PAUSES)],
        )
        .variant(
            "patient",
            &[
                (
                    "#[hotmod::import(module = \"hall\", pool = \"rooms\")]",
                    "#[hotmod::import(module = \"hall\", pool = \"rooms\")]\n#[hotmod::optional]",
                ),
                (
                    "#[hotmod::import(module = \"hall\", pool = \"doors\")]",
                    "#[hotmod::import(module = \"hall\", pool = \"doors\")]\n#[hotmod::optional]",
                ),
                (
                    "#[hotmod::import(module = \"hall\", instance = \"lobby\")]",
                    "#[hotmod::import(module = \"hall\", instance = \"lobby\")]\n#[hotmod::optional]",
                ),
            ],
        )
        .build()
});
