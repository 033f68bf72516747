//! Changes of the interface that a module was built with, and of the types that it passes.

use hotmod_host::describe::Rule;

use super::Becomes::{Adopted, Refused};
use super::Row;

const STRIKE: &str = "    fn strike(&self, base: u32, armour: u32) -> u32 {\n        base.saturating_sub(armour)\n    }\n";
const STRIKE_DECLARED: &str = "    fn strike(&self, base: u32, armour: u32) -> u32;";
const WEIGH: &str = "    fn weigh(&self, count: u32, weight: f32) -> f32 {";
const WEIGH_DECLARED: &str = "    fn weigh(&self, count: u32, weight: f32) -> f32;";
const SHIFT: &str = "    fn shift(&self, from: &Point, to: &mut Point) {\n        \
                     to.clone_from(from);";
const SHIFT_DECLARED: &str = "    fn shift(&self, from: &Point, to: &mut Point);";
const TITLE: &str = "    fn title(&self, name: &str, titles: Vec<String>) -> Option<String> {\n        \
                     titles.first().map(|title| format!(\"{title} {name}\"))";
const TITLE_DECLARED: &str =
    "    fn title(&self, name: &str, titles: Vec<String>) -> Option<String>;";
const ADVANCE: &str = "    fn advance(&mut self, ticks: u64) -> u64 {\n        \
                       self.ticks += ticks;";
const ADVANCE_DECLARED: &str = "    fn advance(&mut self, ticks: u64) -> u64;";

/// Every kind of change.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "method-added-end",
        edits: &[(
            SHIFT_DECLARED,
            "    fn shift(&self, from: &Point, to: &mut Point);\n    fn halt(&self) {}",
        )],
        becomes: Adopted,
    },
    Row {
        name: "method-added-front",
        edits: &[(
            ADVANCE_DECLARED,
            "    fn halt(&self) {}\n    fn advance(&mut self, ticks: u64) -> u64;",
        )],
        becomes: Adopted,
    },
    Row {
        name: "method-removed",
        edits: &[(STRIKE_DECLARED, ""), (STRIKE, "")],
        becomes: Refused(&[(Rule::ExportRemoved, "Arena::strike()")]),
    },
    Row {
        name: "method-renamed",
        edits: &[
            (
                STRIKE_DECLARED,
                "    fn hit(&self, base: u32, armour: u32) -> u32;",
            ),
            (
                STRIKE,
                "    fn hit(&self, base: u32, armour: u32) -> u32 {\n        base.saturating_sub(armour)\n    }\n",
            ),
        ],
        becomes: Refused(&[(Rule::ExportRemoved, "Arena::strike()")]),
    },
    Row {
        name: "methods-of-one-type-reordered",
        edits: &[
            (
                STRIKE_DECLARED,
                "    fn weigh(&self, count: u32, weight: f32) -> f32;",
            ),
            (
                WEIGH_DECLARED,
                "    fn strike(&self, base: u32, armour: u32) -> u32; ",
            ),
        ],
        becomes: Adopted,
    },
    Row {
        name: "method-shared-to-exclusive",
        edits: &[
            (
                STRIKE_DECLARED,
                "    fn strike(&mut self, base: u32, armour: u32) -> u32;",
            ),
            (
                STRIKE,
                "    fn strike(&mut self, base: u32, armour: u32) -> u32 {\n        base.saturating_sub(armour)\n    }\n",
            ),
        ],
        becomes: Refused(&[(Rule::ReceiverChanged, "Arena::strike(self)")]),
    },
    Row {
        name: "method-exclusive-to-shared",
        edits: &[
            (
                ADVANCE_DECLARED,
                "    fn advance(&self, ticks: u64) -> u64;",
            ),
            (
                ADVANCE,
                "    fn advance(&self, ticks: u64) -> u64 {\n        let _ = ticks;",
            ),
        ],
        becomes: Refused(&[(Rule::ReceiverChanged, "Arena::advance(self)")]),
    },
    Row {
        name: "method-argument-added",
        edits: &[
            (
                STRIKE_DECLARED,
                "    fn strike(&self, base: u32, armour: u32, luck: u32) -> u32;",
            ),
            (
                STRIKE,
                "    fn strike(&self, base: u32, armour: u32, _luck: u32) -> u32 {\n        base.saturating_sub(armour)\n    }\n",
            ),
        ],
        becomes: Refused(&[(Rule::ArgumentAdded, "Arena::strike(luck)")]),
    },
    Row {
        name: "method-argument-removed",
        edits: &[
            (STRIKE_DECLARED, "    fn strike(&self, base: u32) -> u32;"),
            (
                STRIKE,
                "    fn strike(&self, base: u32) -> u32 {\n        let armour = 0;\n        base.saturating_sub(armour)\n    }\n",
            ),
        ],
        becomes: Refused(&[(Rule::ArgumentRemoved, "Arena::strike(armour)")]),
    },
    Row {
        name: "method-argument-signed",
        edits: &[
            (
                STRIKE_DECLARED,
                "    fn strike(&self, base: u32, armour: i32) -> u32;",
            ),
            (
                STRIKE,
                "    fn strike(&self, base: u32, armour: i32) -> u32 {\n        let armour = armour as u32;\n        base.saturating_sub(armour)\n    }\n",
            ),
        ],
        becomes: Refused(&[(Rule::ArgumentRetyped, "Arena::strike(armour)")]),
    },
    Row {
        name: "method-arguments-swapped",
        edits: &[
            (
                WEIGH_DECLARED,
                "    fn weigh(&self, weight: f32, count: u32) -> f32;",
            ),
            (
                WEIGH,
                "    fn weigh(&self, weight: f32, count: u32) -> f32 {",
            ),
        ],
        becomes: Adopted,
    },
    Row {
        name: "method-equal-arguments-swapped",
        edits: &[
            (
                STRIKE_DECLARED,
                "    fn strike(&self, armour: u32, base: u32) -> u32;",
            ),
            (
                STRIKE,
                "    fn strike(&self, armour: u32, base: u32) -> u32 {\n        base.saturating_sub(armour)\n    }\n",
            ),
        ],
        becomes: Adopted,
    },
    Row {
        name: "method-equal-references-swapped",
        edits: &[
            (
                SHIFT_DECLARED,
                "    fn shift(&self, to: &mut Point, from: &Point);",
            ),
            (
                SHIFT,
                "    fn shift(&self, to: &mut Point, from: &Point) {\n        to.clone_from(from);",
            ),
        ],
        becomes: Adopted,
    },
    Row {
        name: "method-reference-to-value",
        edits: &[
            (
                SHIFT_DECLARED,
                "    fn shift(&self, from: Point, to: &mut Point);",
            ),
            (
                SHIFT,
                "    fn shift(&self, from: Point, to: &mut Point) {\n        *to = from;",
            ),
        ],
        becomes: Refused(&[(Rule::ArgumentRetyped, "Arena::shift(from)")]),
    },
    Row {
        name: "method-reference-exclusive-to-shared",
        edits: &[
            (
                SHIFT_DECLARED,
                "    fn shift(&self, from: &Point, to: &Point);",
            ),
            (
                SHIFT,
                "    fn shift(&self, from: &Point, to: &Point) {\n        let _ = (from, to);",
            ),
        ],
        becomes: Refused(&[(Rule::ArgumentRetyped, "Arena::shift(to)")]),
    },
    Row {
        name: "method-reference-shared-to-exclusive",
        edits: &[
            (
                SHIFT_DECLARED,
                "    fn shift(&self, from: &mut Point, to: &mut Point);",
            ),
            (
                SHIFT,
                "    fn shift(&self, from: &mut Point, to: &mut Point) {\n        to.clone_from(from);",
            ),
        ],
        becomes: Refused(&[(Rule::ArgumentRetyped, "Arena::shift(from)")]),
    },
    Row {
        name: "method-text-to-letter",
        edits: &[
            (
                TITLE_DECLARED,
                "    fn title(&self, name: char, titles: Vec<String>) -> Option<String>;",
            ),
            (
                TITLE,
                "    fn title(&self, name: char, titles: Vec<String>) -> Option<String> {\n        let _ = titles; Some(name.to_string())",
            ),
        ],
        becomes: Refused(&[(Rule::ArgumentRetyped, "Arena::title(name)")]),
    },
    Row {
        name: "method-argument-nested-retyped",
        edits: &[
            (
                TITLE_DECLARED,
                "    fn title(&self, name: &str, titles: Vec<Option<String>>) -> Option<String>;",
            ),
            (
                TITLE,
                "    fn title(&self, name: &str, titles: Vec<Option<String>>) -> Option<String> {\n        let _ = (name, titles); None",
            ),
        ],
        becomes: Adopted,
    },
    Row {
        name: "method-return-changed",
        edits: &[
            (
                STRIKE_DECLARED,
                "    fn strike(&self, base: u32, armour: u32) -> u64;",
            ),
            (
                STRIKE,
                "    fn strike(&self, base: u32, armour: u32) -> u64 { u64::from(base - armour) }",
            ),
        ],
        becomes: Adopted,
    },
    Row {
        name: "method-return-nested",
        edits: &[
            (
                TITLE_DECLARED,
                "    fn title(&self, name: &str, titles: Vec<String>) -> Result<String, ()>;",
            ),
            (
                TITLE,
                "    fn title(&self, name: &str, titles: Vec<String>) -> Result<String, ()> {\n        let _ = (name, titles); Err(())",
            ),
        ],
        becomes: Refused(&[(Rule::ReturnChanged, "Arena::title() ->")]),
    },
    Row {
        name: "interface-renamed",
        edits: &[
            ("pub trait Arena {", "pub trait Ring {"),
            ("impl Arena for World", "impl Ring for World"),
            (
                "use interface::{Arena, Point};",
                "use interface::{Ring, Point};",
            ),
        ],
        becomes: Refused(&[(Rule::ExportRemoved, "Arena")]),
    },
    Row {
        name: "interface-not-implemented",
        edits: &[(
            "#[hotmod::export]\nimpl Arena for World",
            "impl Arena for World",
        )],
        becomes: Refused(&[(Rule::ExportRemoved, "Arena")]),
    },
    Row {
        name: "passed-field-retyped",
        edits: &[("    pub y: f32,", "    pub y: i32,")],
        becomes: Refused(&[(Rule::Narrowed, "label(at).y")]),
    },
    Row {
        name: "passed-field-added",
        edits: &[("    pub y: f32,", "    pub y: f32,\n    pub z: f32,")],
        becomes: Refused(&[(Rule::FieldAdded, "label(at).z")]),
    },
    Row {
        name: "passed-field-renamed",
        edits: &[("    pub y: f32,", "    pub height: f32,")],
        becomes: Refused(&[
            (Rule::FieldRemoved, "label(at).y"),
            (Rule::FieldAdded, "label(at).height"),
        ]),
    },
    Row {
        name: "passed-enum-retyped",
        edits: &[("    Numbered(u32),", "    Numbered(i32),")],
        becomes: Refused(&[(Rule::Narrowed, "label(at).tag::Numbered.0")]),
    },
    Row {
        name: "passed-enum-variant-added",
        edits: &[("    Numbered(u32),", "    Numbered(u32),\n    Named,")],
        becomes: Adopted,
    },
    Row {
        name: "passed-enum-variants-swapped",
        edits: &[(
            "    Plain,\n    Numbered(u32),",
            "    Numbered(u32),\n    Plain,",
        )],
        becomes: Adopted,
    },
];
