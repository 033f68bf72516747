//! What becomes of a struct with more, fewer, other or moved fields.

use hotmod::describe::Rule;

use super::{Row, state};

#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn rows() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "nothing",
            { a: u32, b: String, c: HashMap<u64, Vec<String>> }
                => { a: u32, b: String, c: HashMap<u64, Vec<String>> },
            [],
            "",
            ""
        ),
        row!(
            "another order",
            { a: u8, b: u64 } => { b: u64, a: u8 },
            [(Moved, "World")],
            "World: fields moved",
            "World: b ← b, a ← a"
        ),
        row!(
            "the places",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: u8, b: u64 }
            } => {
                #[derive(StableState)]
                #[repr(C, align(32))]
                pub(super) struct World { a: u8, b: u64 }
            },
            [(Moved, "World")],
            "World: fields moved",
            "World: a ← a, b ← b"
        ),
        row!(
            "a field more",
            { a: u64 } => { a: u64, b: u32 },
            [(FieldAdded, "World.b")],
            "World.b: was absent, now u32 | help: existing state has no value for it; write #[state(default)] or #[state(default = …)], or \
             #[state(was = \"…\")] if it had another name",
            "World: a ← a, b ← default"
        ),
        row!(
            "a field more, by default",
            { a: u64 } => { a: u64, #[state(default)] b: u32 },
            [(Defaulted, "World.b")],
            "World.b: default",
            "World: a ← a, b ← default"
        ),
        row!(
            "a field more, with a value",
            { a: u64 } => { #[state(default = 60 * 60)] b: u32, a: u64 },
            [(Defaulted, "World.b")],
            "World.b: default",
            "World: b ← default, a ← a"
        ),
        row!(
            "an optional field more",
            { a: u64 } => { a: u64, b: Option<String> },
            [(Defaulted, "World.b")],
            "World.b: default",
            "World: a ← a, b ← None"
        ),
        row!(
            "a field less",
            { a: u64, b: String } => { a: u64 },
            [(FieldRemoved, "World.b")],
            "World.b: was String, now absent | help: its value would be lost; write #[state(removed(\"b\"))] on the type, or #[state(was = \"b\")] \
             on the field that it has become",
            "World: a ← a, dropped b"
        ),
        row!(
            "a field less, on purpose",
            { a: u64, b: String, c: u8 } => #[state(removed("b", "c"))] { a: u64 },
            [(Dropped, "World.b"), (Dropped, "World.c")],
            "World.b: removed, dropped\nWorld.c: removed, dropped",
            "World: a ← a, dropped b, dropped c"
        ),
        row!(
            "another name",
            { a: u64 } => { b: u64 },
            [(FieldAdded, "World.b"), (FieldRemoved, "World.a")],
            "World.b: was absent, now u64 | help: existing state has no value for it; write #[state(default)] or #[state(default = …)], or \
             #[state(was = \"…\")] if it had another name\n\
        World.a: was u64, now absent | help: its value would be lost; write #[state(removed(\"a\"))] on the type, or #[state(was = \"a\")] \
             on the field that it has become",
            "World: b ← default, dropped a"
        ),
        row!(
            "another name that says what it was",
            { a: u64 } => { #[state(was = "a")] b: u64 },
            [(Renamed, "World.b")],
            "World.b: renamed from a",
            "World: b ← a"
        ),
        row!(
            "a third name, over two versions",
            { a: u64 } => { #[state(was = "a", was = "b")] c: u64 },
            [(Renamed, "World.c")],
            "World.c: renamed from a",
            "World: c ← a"
        ),
        row!(
            "another name, and a new field under the old one",
            { a: String } => { #[state(default)] a: String, #[state(was = "a")] b: String },
            [(Defaulted, "World.a"), (Renamed, "World.b")],
            "World.a: default\nWorld.b: renamed from a",
            "World: a ← default, b ← a"
        ),
        row!(
            "another name and another type",
            { a: u32 } => { #[state(was = "a")] b: u64 },
            [(Renamed, "World.b"), (Widened, "World.b")],
            "World.b: renamed from a\nWorld.b: widen u32 → u64",
            "World: b ← a number"
        ),
        row!(
            "the transient",
            { a: u64, b: Vec<u8> } => { a: u64, #[state(skip)] b: Vec<u8> },
            [(MadeAnew, "World.b"), (Lost, "World.b")],
            "World.b: made anew\nWorld.b: lost",
            "World: a ← a, b ← anew, dropped b"
        ),
        row!(
            "the transient that stays so",
            { a: u64, #[state(skip)] b: Vec<u8> }
                => { a: u64, #[state(skip, init = Vec::new)] b: Vec<u8> },
            [(MadeAnew, "World.b")],
            "World.b: made anew",
            "World: a ← a, b ← anew, dropped b"
        ),
        row!(
            "the transient that is to be kept",
            { a: u64, #[state(skip)] b: u32 } => { a: u64, #[state(default)] b: u32 },
            [(Defaulted, "World.b"), (Dropped, "World.b")],
            "World.b: default\nWorld.b: removed, dropped",
            "World: a ← a, b ← default, dropped b"
        ),
        row!(
            "the transient that is gone",
            { a: u64, #[state(skip)] b: u32 } => { a: u64 },
            [(Dropped, "World.b")],
            "World.b: removed, dropped",
            "World: a ← a, dropped b"
        ),
        row!(
            "the meaning",
            { a: u64 } => #[state(meaning = 1)] { a: u64 },
            [(MeaningChanged, "World")],
            "World: was meaning 0, now meaning 1 | help: only you know what changed: write a function marked \
             #[hotmod::migrate] that makes the new value from the old one",
            "World: a ← a"
        ),
    ]
}
