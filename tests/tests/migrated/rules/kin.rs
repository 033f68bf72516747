//! Types that hold the same values, each in its own way.

use super::{Migrated, Row, Stuck, Without};

pub(super) const ROW: Row = Row {
    change: "a type ↔ one that holds the same (`String` ↔ `Box<str>` ↔ `Arc<str>`, `Option` ↔ \
             `OnceLock`, `Ipv4Addr` → `IpAddr`, …)",
    migrated: &[
        Migrated {
            name: "texts-of-other-owners",
            edits: &[
                ("    title: String,", "    title: Box<str>,"),
                ("    label: Box<str>,", "    label: Arc<str>,"),
            ],
            plan: &[
                "World.kin.title: rebuild String → Box<str>",
                "World.kin.label: rebuild Box<str> → Arc<str>",
            ],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "what-is-set-once",
            edits: &[(
                "    perhaps: Option<u8>,",
                "    perhaps: std::sync::OnceLock<u16>,",
            )],
            plan: &[
                "World.kin.perhaps?: widen u8 → u16",
                "World.kin.perhaps: rebuild Option<u8> → OnceLock<u16>",
            ],
            shows: &[("perhaps: Some(61)", "perhaps: OnceLock(61)")],
            without: Without::Nothing,
        },
        Migrated {
            name: "any-address",
            edits: &[("    address: Ipv4Addr,", "    address: IpAddr,")],
            plan: &["World.kin.address: rebuild Ipv4Addr → IpAddr"],
            shows: &[],
            without: Without::Nothing,
        },
        Migrated {
            name: "an-address-of-a-kind",
            edits: &[(
                "    peer: IpAddr,",
                "    #[state(checked)]\n    peer: Ipv4Addr,",
            )],
            plan: &["World.kin.peer: checked IpAddr → Ipv4Addr"],
            shows: &[],
            without: Without::Refused(&[
                "World.kin.peer: was IpAddr, now Ipv4Addr",
                "help: not every address is one of these; write #[state(checked)] to abort on the \
                 first that is not",
            ]),
        },
    ],
    refused: &[],
    stuck: &[Stuck {
        name: "an-address-that-does-not-fit",
        edits: &[(
            "    other: IpAddr,",
            "    #[state(checked)]\n    other: Ipv4Addr,",
        )],
        path: "World.kin.other",
        reason: "the value does not fit",
    }],
};
