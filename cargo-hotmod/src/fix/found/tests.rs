//! Attributes are written where they belong, whatever stands around, and nothing else changes.

use std::path::PathBuf;

use hotmod_file::fix::FixPlace;

use super::super::shown::SourceDiff;
use super::{FoundTypes, SourceText, edited};

fn found(text: &str) -> FoundTypes {
    FoundTypes::of(vec![SourceText {
        path: PathBuf::from("src/lib.rs"),
        text: text.to_owned(),
    }])
}

/// The text with an attribute at each of these places: `World`, `World.gold`, `Mood::Busy`, `Mood::Busy.since`.
fn written(text: &str, at: &[(&str, &str)]) -> String {
    let found = found(text);
    let writes = at.iter().map(|(place, attribute)| {
        let (file, slot) = found
            .slot(&parse(place))
            .unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(file, 0);
        (slot, vec![(*attribute).to_owned()])
    });
    edited(text, writes.collect())
}

fn parse(place: &str) -> FixPlace {
    let (rest, field) = match place.split_once('.') {
        Some((rest, field)) => (rest, Some(field.to_owned())),
        None => (place, None),
    };
    let (ty, variant) = match rest.split_once("::") {
        Some((ty, variant)) => (ty, Some(variant.to_owned())),
        None => (rest, None),
    };
    FixPlace {
        ty: ty.to_owned(),
        variant,
        field,
    }
}

#[test]
fn attributes_are_written_on_lines_of_their_own() {
    let text = "/// A world.\n#[derive(StableState, Debug)]\n// Why.\npub struct World {\n    /// What.\n    \
                gold: u32, // coins\n\n    pub(crate) r#type: u8,\n}\n";
    assert_eq!(
        written(
            text,
            &[
                ("World", "removed(\"old\")"),
                ("World.gold", "checked"),
                ("World.type", "default"),
            ]
        ),
        "/// A world.\n#[derive(StableState, Debug)]\n// Why.\n#[state(removed(\"old\"))]\npub struct World {\n    \
         /// What.\n    #[state(checked)]\n    gold: u32, // coins\n\n    #[state(default)]\n    \
         pub(crate) r#type: u8,\n}\n"
    );
}

#[test]
fn what_stands_on_one_line_stays_there() {
    let text =
        "#[derive(StableState)] enum Mood { Calm, Busy { since: u64, why: String }, Of(u8, u16) }";
    assert_eq!(
        written(
            text,
            &[
                ("Mood::Calm", "was = \"Quiet\""),
                ("Mood::Busy.why", "default"),
                ("Mood::Of.1", "checked"),
            ]
        ),
        "#[derive(StableState)] enum Mood { #[state(was = \"Quiet\")] Calm, Busy { since: u64, \
         #[state(default)] why: String }, Of(u8, #[state(checked)] u16) }"
    );
}

#[test]
fn what_an_attribute_says_already_is_kept_with_it() {
    let text = "mod inner {\n    #[cfg_attr(all(), derive(hotmod::StableState))]\n    #[state(id = \"W\", meaning = 2)]\n    \
                struct World {\n        #[state(\n            default = [1, 2],\n        )]\n        a: [u8; 2],\n    }\n}\n";
    assert_eq!(
        written(text, &[("W", "removed(\"b\")"), ("W.a", "was = \"c\"")]),
        text.replace("meaning = 2", "meaning = 2, removed(\"b\")")
            .replace("[1, 2],", "[1, 2], was = \"c\"")
    );
}

#[test]
fn other_line_ends_and_beginnings_of_files_are_kept() {
    let text = "\u{feff}#!/usr/bin/env rust\r\n#[derive(StableState)]\r\nstruct Wörld {\r\n\tä: u8,\r\n}\r\n";
    assert_eq!(
        written(text, &[("Wörld.ä", "checked")]),
        text.replace("\tä", "\t#[state(checked)]\r\n\tä")
    );
}

#[test]
fn what_is_not_there_once_is_not_guessed() {
    let text = "#[derive(OldState)]\n#[state(id = \"World\")]\nstruct OldWorld { a: u8 }\n\
                macro_rules! made { () => { #[derive(StableState)] struct World { a: u8 } } }\n";
    let why = found(text)
        .slot(&parse("World.a"))
        .expect_err("a macro writes it");
    assert!(why.contains("a macro may write it"), "{why}");
    let text = "mod a { #[derive(StableState)] struct World { a: u8 } }\n\
                mod b { #[derive(StableState)] struct World { a: u8 } }\n";
    let why = found(text)
        .slot(&parse("World.a"))
        .expect_err("there are two");
    assert!(why.contains("more than once"), "{why}");
}

#[test]
fn a_default_is_known_by_its_derive_or_impl() {
    let found = found(
        "#[derive(StableState, Default)] struct A; #[derive(StableState)] struct B; \
         impl Default for B { fn default() -> B { B } } #[derive(StableState)] struct C;",
    );
    let has = ["A", "B", "C", "D"].map(|id| found.has_default(id));
    assert_eq!(has, [true, true, false, false]);
}

#[test]
fn a_diff_shows_what_is_new_with_what_is_around() {
    let was = "a\nb\nc\n    d: u8, e: u8,\nf\ng\nh\n    i: u8,\n";
    let now = was
        .replace("e: u8", "#[state(default)] e: u8")
        .replace("    i", "    #[state(checked)]\n    i");
    let path = PathBuf::from("src/lib.rs");
    let shown = SourceDiff {
        path: &path,
        was,
        now: &now,
    };
    assert_eq!(
        shown.to_string(),
        "\nsrc/lib.rs:2\n  b\n  c\n-     d: u8, e: u8,\n+     d: u8, #[state(default)] e: u8,\n  f\n  g\n  h\n\
         +     #[state(checked)]\n      i: u8,"
    );
}

#[test]
fn what_a_condition_decides_is_not_guessed() {
    let found = found(
        "#[derive(StableState)]\nstruct World {\n    #[cfg(unix)]\n    size: u64,\n    #[cfg(windows)]\n    \
         size: u32,\n    name: String,\n}\n\n#[derive(StableState)]\nenum Mood {\n    #[cfg(unix)]\n    Busy,\n    \
         #[cfg(windows)]\n    Busy,\n}\n\n#[derive(StableState)]\nstruct Pair(u8, #[cfg(unix)] u16, u32);\n",
    );
    let why = |place: &str| found.slot(&parse(place)).err();
    for place in ["World.size", "Mood::Busy"] {
        assert!(
            why(place).is_some_and(|it| it.contains("more than once")),
            "{place}"
        );
    }
    // Which of them are the second and the third depends on whether there is a second.
    for place in ["Pair.1", "Pair.2"] {
        assert!(why(place).is_some_and(|it| it.contains("`cfg`")), "{place}");
    }
    for place in ["World.name", "Pair.0", "World", "Mood", "Pair"] {
        assert_eq!(why(place), None, "{place}");
    }
}
