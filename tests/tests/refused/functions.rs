//! Changes of exported functions.

use hotmod_host::describe::Rule;

use super::Becomes::{Adopted, Refused};
use super::Row;

const DAMAGE: &str = "pub fn damage(base: u32, armour: u32) -> u32 {\n    \
                      base.saturating_sub(armour)\n}";
const SHARE: &str = "pub fn share(count: u32, part: f32) -> f32 {\n    count as f32 * part\n}";
const LABEL: &str = "pub fn label(text: String, at: Point) -> String {";
const LOOK: &str = "pub fn look(at: &Point) -> u32 {";
const NUDGE: &str = "pub fn nudge(at: &mut Point) {\n    at.x += 1;\n}";
const SUM: &str = "pub fn sum(values: &[u32]) -> u64 {\n    \
                   values.iter().map(|value| u64::from(*value)).sum()\n}";
const RESET: &str = "#[hotmod::export]\npub fn reset() {}";

/// Every kind of change.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "function-added",
        edits: &[(
            RESET,
            "#[hotmod::export]\npub fn reset() {}\n#[hotmod::export]\npub fn halt() {}",
        )],
        becomes: Adopted,
    },
    Row {
        name: "function-body-changed",
        edits: &[(
            DAMAGE,
            "pub fn damage(base: u32, armour: u32) -> u32 { base + armour }",
        )],
        becomes: Adopted,
    },
    Row {
        name: "function-argument-renamed",
        edits: &[(
            DAMAGE,
            "pub fn damage(blow: u32, armour: u32) -> u32 { blow - armour }",
        )],
        becomes: Adopted,
    },
    Row {
        name: "function-removed",
        edits: &[(RESET, "")],
        becomes: Refused(&[(Rule::ExportRemoved, "reset()")]),
    },
    Row {
        name: "function-renamed",
        edits: &[("pub fn reset()", "pub fn restart()")],
        becomes: Refused(&[(Rule::ExportRemoved, "reset()")]),
    },
    Row {
        name: "function-not-exported",
        edits: &[(RESET, "pub fn reset() {}")],
        becomes: Refused(&[(Rule::ExportRemoved, "reset()")]),
    },
    Row {
        name: "function-argument-added-front",
        edits: &[(
            DAMAGE,
            "pub fn damage(luck: u32, base: u32, armour: u32) -> u32 { luck + base + armour }",
        )],
        becomes: Refused(&[(Rule::ArgumentAdded, "damage(luck)")]),
    },
    Row {
        name: "function-argument-added-end",
        edits: &[(
            DAMAGE,
            "pub fn damage(base: u32, armour: u32, luck: u32) -> u32 { luck + base + armour }",
        )],
        becomes: Refused(&[(Rule::ArgumentAdded, "damage(luck)")]),
    },
    Row {
        name: "function-first-argument-added",
        edits: &[("pub fn reset()", "pub fn reset(_hard: bool)")],
        becomes: Refused(&[(Rule::ArgumentAdded, "reset(_hard)")]),
    },
    Row {
        name: "function-argument-removed",
        edits: &[(DAMAGE, "pub fn damage(base: u32) -> u32 { base }")],
        becomes: Refused(&[(Rule::ArgumentRemoved, "damage(armour)")]),
    },
    Row {
        name: "function-argument-signed",
        edits: &[(
            DAMAGE,
            "pub fn damage(base: u32, armour: i32) -> u32 { base - armour as u32 }",
        )],
        becomes: Refused(&[(Rule::ArgumentRetyped, "damage(armour)")]),
    },
    Row {
        name: "function-argument-widened",
        edits: &[(
            DAMAGE,
            "pub fn damage(base: u64, armour: u32) -> u32 { base as u32 - armour }",
        )],
        becomes: Adopted,
    },
    Row {
        name: "function-argument-float",
        edits: &[(
            DAMAGE,
            "pub fn damage(base: f32, armour: u32) -> u32 { base as u32 - armour }",
        )],
        becomes: Refused(&[(Rule::ArgumentRetyped, "damage(base)")]),
    },
    Row {
        name: "function-arguments-swapped",
        edits: &[(
            SHARE,
            "pub fn share(part: f32, count: u32) -> f32 { count as f32 * part }",
        )],
        becomes: Refused(&[(Rule::ArgumentsSwapped, "share()")]),
    },
    Row {
        name: "function-equal-arguments-swapped",
        edits: &[(
            DAMAGE,
            "pub fn damage(armour: u32, base: u32) -> u32 { base - armour }",
        )],
        becomes: Refused(&[(Rule::ArgumentsSwapped, "damage()")]),
    },
    Row {
        name: "function-equal-arguments-swapped-and-renamed",
        edits: &[(
            DAMAGE,
            "pub fn damage(armour: u32, blow: u32) -> u32 { blow - armour }",
        )],
        becomes: Refused(&[(Rule::ArgumentsSwapped, "damage()")]),
    },
    Row {
        name: "function-argument-types-swapped",
        edits: &[(
            SHARE,
            "pub fn share(count: f32, part: u32) -> f32 { count * part as f32 }",
        )],
        becomes: Refused(&[
            (Rule::ArgumentRetyped, "share(count)"),
            (Rule::ArgumentRetyped, "share(part)"),
        ]),
    },
    Row {
        name: "function-value-to-exclusive",
        edits: &[(
            LABEL,
            "pub fn label(text: String, at: &mut Point) -> String {",
        )],
        becomes: Refused(&[(Rule::ArgumentRetyped, "label(at)")]),
    },
    Row {
        name: "function-text-to-letter",
        edits: &[(LABEL, "pub fn label(text: char, at: Point) -> String {")],
        becomes: Refused(&[(Rule::ArgumentRetyped, "label(text)")]),
    },
    Row {
        name: "function-reference-to-value",
        edits: &[(LOOK, "pub fn look(at: Point) -> u32 {")],
        becomes: Refused(&[(Rule::ArgumentRetyped, "look(at)")]),
    },
    Row {
        name: "function-shared-to-exclusive",
        edits: &[(LOOK, "pub fn look(at: &mut Point) -> u32 {")],
        becomes: Refused(&[(Rule::ArgumentRetyped, "look(at)")]),
    },
    Row {
        name: "function-exclusive-to-shared",
        edits: &[(NUDGE, "pub fn nudge(at: &Point) { let _ = at.x; }")],
        becomes: Refused(&[(Rule::ArgumentRetyped, "nudge(at)")]),
    },
    Row {
        name: "function-slice-to-vec",
        edits: &[(
            SUM,
            "pub fn sum(values: Vec<u32>) -> u64 { values.len() as u64 }",
        )],
        becomes: Refused(&[(Rule::ArgumentRetyped, "sum(values)")]),
    },
    Row {
        name: "function-slice-item-retyped",
        edits: &[(
            SUM,
            "pub fn sum(values: &[i32]) -> u64 { values.len() as u64 }",
        )],
        becomes: Refused(&[(Rule::ArgumentRetyped, "sum(values)")]),
    },
    Row {
        name: "function-slice-to-reference-of-vec",
        edits: &[(
            SUM,
            "pub fn sum(values: &Vec<u32>) -> u64 { values.len() as u64 }",
        )],
        becomes: Refused(&[(Rule::ArgumentRetyped, "sum(values)")]),
    },
    Row {
        name: "function-return-added",
        edits: &[("pub fn reset() {}", "pub fn reset() -> u32 { 0 }")],
        becomes: Refused(&[(Rule::ReturnChanged, "reset() ->")]),
    },
    Row {
        name: "function-return-removed",
        edits: &[(DAMAGE, "pub fn damage(_base: u32, _armour: u32) {}")],
        becomes: Refused(&[(Rule::ReturnChanged, "damage() ->")]),
    },
    Row {
        name: "function-return-signed",
        edits: &[(
            DAMAGE,
            "pub fn damage(base: u32, armour: u32) -> i32 { (base - armour) as i32 }",
        )],
        becomes: Refused(&[(Rule::ReturnChanged, "damage() ->")]),
    },
    Row {
        name: "function-return-optional",
        edits: &[(
            DAMAGE,
            "pub fn damage(base: u32, armour: u32) -> Option<u32> { base.checked_sub(armour) }",
        )],
        becomes: Adopted,
    },
    Row {
        name: "function-removed-and-another-changed",
        edits: &[
            (RESET, ""),
            (DAMAGE, "pub fn damage(base: u32) -> u32 { base }"),
        ],
        becomes: Refused(&[
            (Rule::ExportRemoved, "reset()"),
            (Rule::ArgumentRemoved, "damage(armour)"),
        ]),
    },
];
