//! What a struct may not change while both sides use its bytes.

use super::{Row, Rule, differences, function};

pub(super) fn rows() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "nothing",
            [],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u32,
                    b: String,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u32,
                    b: String,
                }
            }
        ),
        row!(
            "a field at the end",
            [(FieldAdded, "f(a).b")],
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    a: u64,
                }
            },
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    a: u64,
                    b: u64,
                }
            }
        ),
        row!(
            "a field at the front",
            [(FieldMoved, "f(a).a"), (FieldAdded, "f(a).b")],
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    a: u64,
                }
            },
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    b: u64,
                    a: u64,
                }
            }
        ),
        row!(
            "a field less",
            [(FieldRemoved, "f(a).b")],
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    a: u64,
                    b: u64,
                }
            },
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    a: u64,
                }
            }
        ),
        row!(
            "another name",
            [(FieldRemoved, "f(a).a"), (FieldAdded, "f(a).b")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u64,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct World {
                    b: u64,
                }
            }
        ),
        row!(
            "two of equal size swapped",
            [(FieldMoved, "f(a).a"), (FieldMoved, "f(a).b")],
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    a: u32,
                    b: u32,
                }
            },
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    b: u32,
                    a: u32,
                }
            }
        ),
        row!(
            "another order at the same places",
            [(FieldsReordered, "f(a)")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u8,
                    b: u64,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct World {
                    b: u64,
                    a: u8,
                }
            }
        ),
        row!(
            "the sign",
            [(TypeChanged, "f(a).a")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u32,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: i32,
                }
            }
        ),
        row!(
            "u32 to f32",
            [(TypeChanged, "f(a).a")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u32,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: f32,
                }
            }
        ),
        row!(
            "inside of a newtype of the same name",
            [(TypeChanged, "f(a).a.0")],
            {
                #[derive(StableState)]
                pub(super) struct Id(u32);
                #[derive(StableState)]
                pub(super) struct World {
                    a: Id,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct Id(i32);
                #[derive(StableState)]
                pub(super) struct World {
                    a: Id,
                }
            }
        ),
        row!(
            "deep inside, behind equal sizes",
            [(TypeChanged, "f(a).players[].gold")],
            {
                #[derive(StableState)]
                pub(super) struct Player {
                    gold: u32,
                }
                #[derive(StableState)]
                pub(super) struct World {
                    players: std::collections::HashMap<u64, Player>,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct Player {
                    gold: i32,
                }
                #[derive(StableState)]
                pub(super) struct World {
                    players: std::collections::HashMap<u64, Player>,
                }
            }
        ),
        row!(
            "the alignment",
            [(AlignmentChanged, "f(a)")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: [u64; 2],
                }
            },
            {
                #[derive(StableState)]
                #[repr(align(16))]
                pub(super) struct World {
                    a: [u64; 2],
                }
            }
        ),
        row!(
            "the size",
            [(SizeChanged, "f(a)"), (AlignmentChanged, "f(a)")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u64,
                }
            },
            {
                #[derive(StableState)]
                #[repr(align(16))]
                pub(super) struct World {
                    a: u64,
                }
            }
        ),
        row!(
            "the meaning",
            [(MeaningChanged, "f(a)")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u64,
                }
            },
            {
                #[derive(StableState)]
                #[state(meaning = 1)]
                pub(super) struct World {
                    a: u64,
                }
            }
        ),
        row!(
            "a type that refers to itself",
            [(TypeChanged, "f(a).more[].value")],
            {
                #[derive(StableState)]
                pub(super) struct Node {
                    kids: Vec<Node>,
                    value: u64,
                }
                #[derive(StableState)]
                pub(super) struct World {
                    more: Vec<Node>,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct Node {
                    kids: Vec<Node>,
                    value: i64,
                }
                #[derive(StableState)]
                pub(super) struct World {
                    more: Vec<Node>,
                }
            }
        ),
    ]
}
