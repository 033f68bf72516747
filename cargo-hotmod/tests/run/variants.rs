//! The versions of the till.

use std::sync::LazyLock;

use hotmod_tests::fixture::{Built, Edit, Family};

const NEXT: Edit = ("version: \"1.0.0\"", "version: \"1.1.0\"");
const HOOKS: &str = "#[hotmod::init]\nfn open(";

const LOCKING: [&str; 2] = [
    concat!(
        "#[hotmod::migrate]\nfn kind(old: &hotmod::Old<'_>) -> Result<Kind, hotmod::OldError> {\n    ",
        "if old.variant() != Some(\"Locked\") {\n        return Ok(Kind::Plain);\n    }\n    ",
    ),
    concat!(
        "\n    let (by, since) = (old.get::<String>(\"by\")?, old.get::<u64>(\"since\")?);\n    ",
        "Ok(Kind::Locked { by: by.clone(), since: *since, times: 1 })\n}\n\n",
        "#[hotmod::init]\nfn open("
    ),
];

/// A version in which what is locked has a field more, by a function that does this too.
fn locking(does: &'static str) -> Vec<Edit> {
    let function: &'static str = format!("{}{does}{}", LOCKING[0], LOCKING[1]).leak();
    vec![
        NEXT,
        (
            "Locked { by: String, since: u64 }",
            "Locked { by: String, since: u64, times: u8 }",
        ),
        (HOOKS, function),
    ]
}

pub(super) static TILLS: LazyLock<Built> = LazyLock::new(|| {
    Family::new("till")
        // Coins of less than 256, and a field more.
        .variant(
            "narrow",
            &[
                NEXT,
                ("    worth: u32,\n", "    #[state(checked)]\n    worth: u8,\n"),
                ("let coin = Coin { worth, of", "let coin = Coin { worth: worth as u8, of"),
                ("    // more\n", "    #[state(default = 7)]\n    season: u32,\n"),
                ("        // made\n", "        season: 0,\n"),
            ],
        )
        // One that lacks what the base has.
        .variant(
            "refused",
            &[
                NEXT,
                ("    last: Option<Coin>,\n", ""),
                ("        last: None,\n", ""),
                ("        self.last = Some(coin);\n", ""),
            ],
        )
        // One that asks its server about each state.
        .variant(
            "asking",
            &[
                NEXT,
                (
                    HOOKS,
                    "#[hotmod::import]\nfn allowed(name: &str) -> bool;\n\n\
                     #[hotmod::preflight]\nfn is_allowed(drawer: &mut Drawer) -> Result<(), String> {\n    \
                     drawer.coins.clear();\n    \
                     match allowed(&drawer.name) {\n        true => Ok(()),\n        \
                     false => Err(format!(\"{} is not allowed\", drawer.name)),\n    }\n}\n\n\
                     #[hotmod::init]\nfn open(",
                ),
                ("    kind: Kind,\n", "    kind: Kind,\n    #[state(default)]\n    open: bool,\n"),
                ("        kind: Kind::Plain,\n", "        kind: Kind::Plain,\n        open: false,\n"),
            ],
        )
        // One whose states go there and back.
        .variant(
            "counting",
            &[
                NEXT,
                ("    worth: u32,\n", "    worth: u64,\n"),
                ("let coin = Coin { worth, of", "let coin = Coin { worth: worth.into(), of"),
                ("u64::from(it.worth)", "it.worth"),
                (
                    "    by_kind: BTreeMap<String, u32>,\n",
                    "    by_kind: std::collections::HashMap<String, u32>,\n",
                ),
                ("by_kind: BTreeMap::new()", "by_kind: Default::default()"),
            ],
        )
        // Three with a function that does something wrong with what is locked.
        .variant("leaking", &locking("std::mem::forget(vec![1_u8; 64]);"))
        .variant("panicking", &locking("panic!(\"locked\");"))
        .variant("exiting", &locking("std::process::exit(0);"))
        // One that ends its process at a coin of very much; at an odd one, as if all were well. It takes none of 300.
        .variant(
            "crashing",
            &[
                NEXT,
                (
                    HOOKS,
                    "#[hotmod::after_migrate]\nfn unlucky(drawer: &Drawer, _: &hotmod::VersionInfo<'_>) -> Result<(), String> {\n    \
                     if drawer.coins.iter().any(|it| it.worth == u32::MAX) {\n        std::process::abort();\n    }\n    \
                     if drawer.coins.iter().any(|it| it.worth == 4_000_000_007) {\n        std::process::exit(0);\n    }\n    \
                     match drawer.coins.iter().any(|it| it.worth == 300) {\n        true => Err(\"too much\".to_owned()),\n        \
                     false => Ok(()),\n    }\n}\n\n#[hotmod::init]\nfn open(",
                ),
                ("    // more\n", "    #[state(default)]\n    open: bool,\n"),
                ("        // made\n", "        open: false,\n"),
            ],
        )
        .build()
});
