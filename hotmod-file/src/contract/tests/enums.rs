//! What an enum may not change while both sides use its bytes.

use super::{Row, Rule, differences, function};

pub(super) fn rows() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "a struct",
            [(ShapeChanged, "f(a)")],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u8,
                }
            }
        ),
        row!(
            "a variant at the end",
            [(VariantAdded, "f(a)::B")],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                }
            },
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                    B,
                }
            }
        ),
        row!(
            "a variant at the front",
            [(DiscriminantChanged, "f(a)::A"), (VariantAdded, "f(a)::B")],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                }
            },
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    B,
                    A,
                }
            }
        ),
        row!(
            "a variant less",
            [(VariantRemoved, "f(a)::B")],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                    B,
                }
            },
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                }
            }
        ),
        row!(
            "another order with the same discriminants",
            [(VariantsReordered, "f(a)")],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A = 1,
                    B = 2,
                }
            },
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    B = 2,
                    A = 1,
                }
            }
        ),
        row!(
            "swapped discriminants",
            [
                (DiscriminantChanged, "f(a)::A"),
                (DiscriminantChanged, "f(a)::B")
            ],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A = 1,
                    B = 2,
                }
            },
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A = 2,
                    B = 1,
                }
            }
        ),
        row!(
            "a payload",
            [(TypeChanged, "f(a)::A.0")],
            {
                #[derive(StableState)]
                pub(super) enum World {
                    A(u32),
                    B,
                }
            },
            {
                #[derive(StableState)]
                pub(super) enum World {
                    A(i32),
                    B,
                }
            }
        ),
        row!(
            "the representation",
            [(ReprChanged, "f(a)")],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                    B,
                }
            },
            {
                #[derive(StableState)]
                pub(super) enum World {
                    A,
                    B,
                }
            }
        ),
    ]
}
