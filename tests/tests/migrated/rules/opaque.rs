//! Fields that hotmod cannot look into.

use super::{Migrated, Refused, Row, Without};

pub(super) const ROW: Row = Row {
    change: "a field of another crate's type",
    migrated: &[
        Migrated {
            name: "opaque-moved",
            edits: &[(
                "    #[state(unsafe(opaque))]\n    status: ExitStatus,\n    uses: u32,",
                "    uses: u64,\n    #[state(unsafe(opaque))]\n    status: ExitStatus,",
            )],
            plan: &["World.link.uses: widen u32 → u64"],
            shows: &[(
                "status: ExitStatus(unix_wait_status(127)), uses: 55",
                "uses: 55, status: ExitStatus(unix_wait_status(127))",
            )],
            without: Without::NoState,
        },
        Migrated {
            name: "opaque-renamed",
            edits: &[(
                "    #[state(unsafe(opaque))]\n    status: ExitStatus,",
                "    #[state(unsafe(opaque), was = \"status\")]\n    peer: ExitStatus,",
            )],
            plan: &["World.link.peer: renamed from status"],
            shows: &[("status: Exit", "peer: Exit")],
            without: Without::NoState,
        },
        Migrated {
            name: "opaque-converted",
            edits: &[
                (
                    "    #[state(unsafe(opaque))]\n    status: ExitStatus,",
                    "    #[state(unsafe(opaque, with = bits))]\n    status: u32,",
                ),
                (
                    "#[hotmod::init]",
                    "fn bits(old: &ExitStatus) -> u32 {\n    \
                     old.into_raw() as u32\n}\n\n#[hotmod::init]",
                ),
            ],
            plan: &["World.link.status: convert ExitStatus → u32 by `bits`"],
            shows: &[("status: ExitStatus(unix_wait_status(127))", "status: 127")],
            without: Without::Refused(&[
                "World.link.status: was the opaque `ExitStatus`, now u32",
                "help: write #[state(unsafe(opaque, with = path::to::function))] on the field, with \
                 `fn(&Old) -> New` or `fn(&Old) -> Result<New, E>`",
            ]),
        },
    ],
    refused: &[Refused {
        name: "opaque-of-another-type",
        edits: &[("    status: ExitStatus,", "    status: std::alloc::Layout,")],
        says: &[
            "World.link.status: was the opaque `ExitStatus` of 4 bytes, aligned to 4, now \
                 `std::alloc::Layout` of 16 bytes, aligned to 8",
            "help: write #[state(unsafe(opaque, with = path::to::function))] on the field, with \
                 `fn(&Old) -> New` or `fn(&Old) -> Result<New, E>`",
        ],
    }],
    stuck: &[],
};
