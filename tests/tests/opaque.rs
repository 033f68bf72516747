//! State that holds types of crates which know nothing of hotmod: handed over as it is where both
//! modules mean the same type, refused where they may not.

use std::sync::LazyLock;

use hotmod_host::describe::{Rule, Verdict};
use hotmod_host::{Host, Instance, Module, RefusalStage};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::foreign::Table;

/// For a variant that has something else in the place of dice, and never makes a state.
const NOT_MADE: &[Edit] = &[
    (
        "    let taken = |port| Seat::Taken {\n        status: ExitStatus::from_raw(port),\n        \
         name: format!(\"p{port}\"),\n        age: 7,\n    };\n    Game {\n        dice: \
         Dice::new(42),\n        rolls: 0,\n        seats: vec![taken(1), Seat::Free, \
         taken(2)],\n        lucky: 7,\n    }",
        "    unimplemented!(\"only ever an update\")",
    ),
    ("        self.dice.roll()", "        0"),
];

const DICE: &str = "    #[state(unsafe(opaque))]\n    dice: Dice,";

static FOREIGN: LazyLock<Built> = LazyLock::new(|| {
    let not_made = |edits: &[Edit]| [edits, NOT_MADE].concat();
    Family::new("foreign")
        .variant(
            "grown",
            &[
                ("    rolls: u32,", "    rolls: u64,"),
                ("        age: u8,", "        age: u16,"),
            ],
        )
        .variant(
            "spelled",
            &[
                ("    dice: Dice,", "    dice: library::Dice,"),
                ("    rolls: u32,", "    rolls: u64,"),
            ],
        )
        .variant("same-size", &not_made(&[("    dice: Dice,", "    dice: Cards,")]))
        .variant("boxed", &not_made(&[("    dice: Dice,", "    dice: Box<Dice>,")]))
        .variant("no-more", &not_made(&[(DICE, "    dice: u64,")]))
        .variant(
            "converted",
            &not_made(&[
                (DICE, "    #[state(unsafe(opaque, with = sum))]\n    dice: u64,"),
                (
                    "// more",
                    "fn sum(dice: &Dice) -> u64 { dice.rolled().iter().map(|it| u64::from(*it)).sum() }",
                ),
            ]),
        )
        .variant(
            "converted-to-another",
            &not_made(&[
                (
                    DICE,
                    "    #[state(unsafe(opaque, with = cards))]\n    dice: Cards,",
                ),
                (
                    "// more",
                    "fn cards(dice: &Dice) -> Result<Cards, String> {\n    match \
                     dice.rolled().len() {\n        0 => Err(\"no dice\".to_owned()),\n        left => \
                     Ok(Cards::new(left)),\n    }\n}",
                ),
            ]),
        )
        .variant(
            "converted-from-another",
            &not_made(&[
                (DICE, "    #[state(unsafe(opaque, with = left))]\n    dice: u64,"),
                ("// more", "fn left(_: &Cards) -> u64 { 0 }"),
            ]),
        )
        .variant(
            "removed",
            &not_made(&[
                (DICE, ""),
                (
                    "pub struct Game {",
                    "#[state(removed(\"dice\"))]\npub struct Game {",
                ),
            ]),
        )
        .variant(
            "more",
            &not_made(&[
                (
                    "    lucky: u64,",
                    "    #[state(unsafe(opaque), with = dice)]\n    lucky: Dice,\n    #[state(unsafe(opaque), \
                     default = Cards::new(52))]\n    cards: Cards,",
                ),
                (
                    "// more",
                    "fn dice(seed: &u64) -> Dice { let mut dice = Dice::new(*seed); dice.roll(); dice }",
                ),
            ]),
        )
        .variant(
            "checked",
            &[
                ("    rolls: u32,", "    rolls: u64,"),
                (
                    "// more",
                    "#[hotmod::after_migrate]\nfn fine(_: &Game, _: &hotmod::VersionInfo<'_>) -> \
                     Result<(), String> { Ok(()) }",
                ),
            ],
        )
        .build()
});

/// The same sources, but the foreign crate is another.
static OTHER_CRATE: LazyLock<Built> =
    LazyLock::new(|| Family::new("foreign").library("other", &[]).build());

fn table() -> (Module<dyn Table>, Instance<dyn Table>) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Table>(FOREIGN.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let game = module.create("").expect("an instance");
    (module, game)
}

/// The state after this change, and before it; three times rolled.
fn migrated(variant: &str) -> (Instance<dyn Table>, String, String) {
    let (module, mut game) = table();
    for _ in 0..3 {
        game.roll().expect("a call");
    }
    let before = game.show().expect("a call");
    let update = module
        .update(FOREIGN.file(variant))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.verdict, Verdict::Migrate);
    game.migrate().unwrap_or_else(|error| panic!("{error}"));
    let after = game.show().expect("a call");
    (game, before, after)
}

/// What is said of a change that is refused; the state goes on.
fn refused(file: impl AsRef<std::path::Path>) -> Vec<(Rule, String)> {
    let (module, mut game) = table();
    let before = game.show().expect("a call");
    let refusal = module.update(file).expect_err("a refusal");
    assert_eq!(refusal.stage(), RefusalStage::Compare, "{refusal}");
    assert_eq!(game.show().expect("a call"), before);
    game.roll().expect("a call");
    let refuses = refusal.differences().iter().filter(|it| it.rule.refuses());
    refuses.map(|it| (it.rule, it.to_string())).collect()
}

const WITH_OPAQUE: &str = "\n  help: write #[state(unsafe(opaque, with = path::to::function))] on the field, \
     with `fn(&Old) -> New` or `fn(&Old) -> Result<New, E>`";

#[test]
fn an_opaque_value_goes_on_as_it_is() {
    let (_, mut unchanged) = table();
    let expected: Vec<u8> = (0..6).map(|_| unchanged.roll().expect("a call")).collect();
    for variant in ["grown", "spelled"] {
        let (mut game, before, after) = migrated(variant);
        assert_eq!(after, before, "{variant}");
        assert!(
            after.contains("status: ExitStatus(unix_wait_status(2))"),
            "{after}"
        );
        for rolled in &expected[3..] {
            assert_eq!(game.roll().expect("a call"), *rolled, "{variant}");
        }
        assert!(
            game.show()
                .expect("a call")
                .contains(&format!("rolled: {expected:?}"))
        );
    }
}

#[test]
fn another_type_is_refused_with_its_cure() {
    assert_eq!(
        refused(FOREIGN.file("same-size")),
        [(
            Rule::TypeChanged,
            format!("Game.dice: was the opaque `Dice`, now the opaque `Cards`{WITH_OPAQUE}")
        )]
    );
    assert_eq!(
        refused(FOREIGN.file("boxed")),
        [(
            Rule::TypeChanged,
            format!(
                "Game.dice: was the opaque `Dice` of 32 bytes, aligned to 8, now `Box<Dice>` of 8 \
                 bytes, aligned to 8{WITH_OPAQUE}"
            )
        )]
    );
    assert_eq!(
        refused(FOREIGN.file("no-more")),
        [(
            Rule::TypeChanged,
            format!("Game.dice: was the opaque `Dice`, now u64{WITH_OPAQUE}")
        )]
    );
}

#[test]
fn the_same_type_of_another_crate_is_refused() {
    assert_eq!(
        refused(OTHER_CRATE.file(BASE)),
        [(
            Rule::TypeChanged,
            "Game.dice: was the opaque `Dice`, now `Dice` of another crate, or of another version, \
             features or profile of it\n  help: build both with the same version, features and profile \
             of the crate; to be free of that from here on, carry it over by `serde`, or by `as = Type` \
             of a type that hotmod knows"
                .to_owned()
        )]
    );
}

#[test]
fn a_function_converts_what_was_opaque() {
    let (_, before, after) = migrated("converted");
    let dice = before.find("Dice").expect("dice")..before.find(", rolls").expect("rolls");
    let rolled = &before[before.find('[').expect("a list") + 1..before.find(']').expect("its end")];
    let sum: u64 = rolled
        .split(", ")
        .map(|it| it.parse::<u64>().expect("a number"))
        .sum();
    assert_eq!(after, before.replace(&before[dice], &sum.to_string()));

    let (_, _, after) = migrated("converted-to-another");
    assert!(
        after.contains("dice: Cards { drawn: [], left: 3 }"),
        "{after}"
    );
}

#[test]
fn a_function_that_fails_leaves_what_is_opaque_as_it_was() {
    let (module, mut game) = table();
    let before = game.show().expect("a call");
    module
        .update(FOREIGN.file("converted-to-another"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let first = {
        let error = game.migrate().expect_err("nothing was rolled");
        assert_eq!(
            (error.path.as_str(), error.reason.as_str()),
            ("Game.dice", "no dice")
        );
        module.memory()
    };
    for _ in 0..10 {
        game.migrate().expect_err("nothing was rolled");
        assert_eq!(module.memory(), first);
    }
    assert_eq!(game.show().expect("a call"), before);
    game.roll().expect("a call");
}

#[test]
fn a_function_from_another_type_is_refused() {
    let found = refused(FOREIGN.file("converted-from-another"));
    let [(Rule::TypeChanged, text)] = found.as_slice() else {
        panic!("{found:?}");
    };
    let expected = "Game.dice: was `Dice`, now a function from a reference to a type of 32 bytes: \
                    another one, or of another version, features or profile of its crate";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn values_become_opaque_and_are_made() {
    let (_, before, after) = migrated("more");
    assert!(before.contains("lucky: 7"), "{before}");
    assert!(after.contains("lucky: Dice { state: "), "{after}");
    assert!(
        after.contains("cards: Cards { drawn: [], left: 52 }"),
        "{after}"
    );
}

/// What dice hold is given back by the operations of the module that made them.
#[test]
fn what_is_opaque_is_dropped_with_what_it_holds() {
    let (module, mut game) = table();
    for _ in 0..1000 {
        game.roll().expect("a call");
    }
    module
        .update(FOREIGN.file("removed"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let before = module.memory();
    game.migrate().unwrap_or_else(|error| panic!("{error}"));
    let after = module.memory();
    assert!(after + 1000 <= before, "{before} → {after}");
}

#[test]
fn a_check_of_what_could_be_a_cell_is_refused() {
    let found = refused(FOREIGN.file("checked"));
    let [(Rule::CheckImpossible, text)] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(text.contains("a state that holds `Dice`"), "{text}");
}
