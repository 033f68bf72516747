//! What becomes of an enum's variants.

use hotmod::describe::Rule;

use super::{Row, state};

#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn rows() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "a variant more, and another order",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u32), B { x: String } }
            } => {
                #[derive(StableState)]
                pub(super) enum World { C, B { x: String }, A(u32) }
            },
            [(VariantGained, "World::C")],
            "World::C: new variant",
            "World: A → A 0 ← 0, B → B x ← x"
        ),
        row!(
            "the order alone",
            items {
                #[derive(StableState)]
                pub(super) enum World { A, B }
            } => {
                #[derive(StableState)]
                pub(super) enum World { B, A }
            },
            [(Moved, "World")],
            "World: fields moved",
            "World: A → A, B → B"
        ),
        row!(
            "the representation",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u8), B }
            } => {
                #[derive(StableState)]
                #[repr(u16)]
                pub(super) enum World { A(u8), B }
            },
            [(Moved, "World")],
            "World: fields moved",
            "World: A → A 0 ← 0, B → B"
        ),
        row!(
            "fields of a variant",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u32), B { x: u8 } }
            } => {
                #[derive(StableState)]
                #[state(removed("x"))]
                pub(super) enum World { A(u64), B { #[state(default)] y: u8 } }
            },
            [
                (Widened, "World::A.0"),
                (Defaulted, "World::B.y"),
                (Dropped, "World::B.x")
            ],
            "World::A.0: widen u32 → u64\nWorld::B.y: default\nWorld::B.x: removed, dropped",
            "World: A → A 0 ← 0 number, B → B y ← default, dropped x"
        ),
        row!(
            "a variant less",
            items {
                #[derive(StableState)]
                pub(super) enum World { A, B(String) }
            } => {
                #[derive(StableState)]
                pub(super) enum World { A }
            },
            [(VariantUnused, "World::B")],
            "World::B: removed, must not be in use | help: to convert such values, write #[state(removed_variant(B => …))] on the enum",
            "World: A → A, B must not be"
        ),
        row!(
            "a variant less that becomes another",
            items {
                #[derive(StableState)]
                pub(super) enum World { A, B(String) }
            } => {
                #[derive(StableState)]
                #[state(removed_variant(B => A))]
                pub(super) enum World { A }
            },
            [(VariantReplaced, "World::B")],
            "World::B: becomes A",
            "World: A → A, B → A dropped 0"
        ),
        row!(
            "a variant less that becomes one with fields",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u8), B }
            } => {
                #[derive(StableState)]
                #[state(removed_variant(B => A))]
                pub(super) enum World { A(u8) }
            },
            [(VariantRemoved, "World::B")],
            "World::B: was a variant, now `A`, which is no variant without fields | help: name a variant without fields in #[state(removed_variant(Old => New))]",
            "World: A → A 0 ← 0, B must not be"
        ),
        row!(
            "a variant's name that says what it was",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u8), B }
            } => {
                #[derive(StableState)]
                pub(super) enum World { #[state(was = "A")] C(u8), B }
            },
            [(Renamed, "World::C")],
            "World::C: renamed from A",
            "World: A → C 0 ← 0, B → B"
        ),
        row!(
            "two variants that become one",
            items {
                #[derive(StableState)]
                pub(super) enum World { A, B }
            } => {
                #[derive(StableState)]
                pub(super) enum World { #[state(was = "B")] A }
            },
            [(VariantRemoved, "World::B")],
            "World::B: was a variant, now `A`, which another variant has become | help: let each \
             variant come from one; to convert the values of the other, write \
             #[state(removed_variant(Old => New))] on the enum",
            "World: A → A, B must not be"
        ),
        row!(
            "a variant's name, and a new variant under the old one",
            items {
                #[derive(StableState)]
                pub(super) enum World { A(u8) }
            } => {
                #[derive(StableState)]
                pub(super) enum World { A(u8), #[state(was = "A")] B(u8) }
            },
            [(Renamed, "World::B"), (VariantGained, "World::A")],
            "World::B: renamed from A\nWorld::A: new variant",
            "World: A → B 0 ← 0"
        ),
    ]
}
