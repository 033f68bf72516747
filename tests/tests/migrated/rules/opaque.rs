//! Fields that hotmod cannot look into.

use super::{Migrated, Refused, Row, Without};

pub(super) const ROW: Row = Row {
    change: "a field of another crate's type",
    migrated: &[
        Migrated {
            name: "opaque-moved",
            edits: &[(
                "    #[state(unsafe(opaque))]\n    address: Ipv4Addr,\n    uses: u32,",
                "    uses: u64,\n    #[state(unsafe(opaque))]\n    address: Ipv4Addr,",
            )],
            plan: &["World.link.uses: widen u32 → u64"],
            shows: &[(
                "address: 127.0.0.1, uses: 55",
                "uses: 55, address: 127.0.0.1",
            )],
            without: Without::NoState,
        },
        Migrated {
            name: "opaque-renamed",
            edits: &[(
                "    #[state(unsafe(opaque))]\n    address: Ipv4Addr,",
                "    #[state(unsafe(opaque), was = \"address\")]\n    peer: Ipv4Addr,",
            )],
            plan: &["World.link.peer: renamed from address"],
            shows: &[("address: 127", "peer: 127")],
            without: Without::NoState,
        },
        Migrated {
            name: "opaque-converted",
            edits: &[
                (
                    "    #[state(unsafe(opaque))]\n    address: Ipv4Addr,",
                    "    #[state(unsafe(opaque, with = bits))]\n    address: u32,",
                ),
                (
                    "#[hotmod::init]",
                    "fn bits(old: &Ipv4Addr) -> u32 {\n    \
                     u32::from(*old)\n}\n\n#[hotmod::init]",
                ),
            ],
            plan: &["World.link.address: convert Ipv4Addr → u32"],
            shows: &[("address: 127.0.0.1", "address: 2130706433")],
            without: Without::Refused(&[
                "World.link.address: was the opaque `Ipv4Addr`, now u32",
                "help: write #[state(unsafe(opaque, with = path::to::function))] on the field, with \
                 `fn(&Old) -> New` or `fn(&Old) -> Result<New, E>`",
            ]),
        },
    ],
    refused: &[Refused {
        name: "opaque-of-another-type",
        edits: &[("    address: Ipv4Addr,", "    address: std::net::Ipv6Addr,")],
        says: &[
            "World.link.address: was the opaque `Ipv4Addr` of 4 bytes, aligned to 1, now \
                 `std::net::Ipv6Addr` of 16 bytes, aligned to 1",
            "help: write #[state(unsafe(opaque, with = path::to::function))] on the field, with \
                 `fn(&Old) -> New` or `fn(&Old) -> Result<New, E>`",
        ],
    }],
    stuck: &[],
};
