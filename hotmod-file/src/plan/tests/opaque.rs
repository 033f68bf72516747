//! Types that hotmod cannot look into.
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "a row says what is compared; nothing of it is ever moved between images"
)]

use super::{Row, Rule, state};

pub(super) fn rows() -> Vec<Row> {
    use Rule::*;
    let mut compiler = row!(
        "the compiler of what is opaque",
        { #[state(unsafe(opaque))] a: std::alloc::Layout } => { #[state(unsafe(opaque))] a: std::alloc::Layout },
        [(ToolchainChanged, "World.a")],
        "World.a: was the opaque `std::alloc::Layout` as rustc 1 lays it out, now as rustc 2 does | help: \
             build both with the same compiler; keep what is to outlive a compiler in types that \
             derive StableState",
        "World: a ← a"
    );
    "rustc 1".clone_into(&mut compiler.was.toolchain);
    "rustc 2".clone_into(&mut compiler.now.toolchain);
    vec![
        compiler,
        row!(
            "nothing of what is opaque",
            { #[state(unsafe(opaque))] a: std::alloc::Layout, b: u32 }
                => { #[state(unsafe(opaque))] a: std::alloc::Layout, b: u32 },
            [],
            "",
            ""
        ),
        row!(
            "something beside what is opaque",
            { #[state(unsafe(opaque))] a: std::alloc::Layout, b: u32 }
                => { #[state(unsafe(opaque))] a: std::alloc::Layout, b: u64 },
            [(Widened, "World.b")],
            "World.b: widen u32 → u64",
            "World: a ← a, b ← b number"
        ),
        row!(
            "how an opaque type is written",
            { #[state(unsafe(opaque))] a: std::alloc::Layout } => { #[state(unsafe(opaque))] a: core::alloc::Layout },
            [],
            "",
            ""
        ),
        row!(
            "an opaque type of another size",
            { #[state(unsafe(opaque))] a: std::process::ExitStatus } => { #[state(unsafe(opaque))] a: std::alloc::Layout },
            [(TypeChanged, "World.a")],
            "World.a: was the opaque `std::process::ExitStatus` of 4 bytes, aligned to 4, now \
             `std::alloc::Layout` of 16 bytes, aligned to 8 | help: write \
             #[state(unsafe(opaque, with = path::to::function))] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`",
            "World: a ← a"
        ),
        row!(
            "an opaque type of the same size",
            { #[state(unsafe(opaque))] a: std::num::FpCategory } => { #[state(unsafe(opaque))] a: std::fmt::Alignment },
            [(TypeChanged, "World.a")],
            "World.a: was the opaque `std::num::FpCategory`, now the opaque `std::fmt::Alignment` | \
             help: write #[state(unsafe(opaque, with = path::to::function))] on the field, with \
             `fn(&Old) -> New` or `fn(&Old) -> Result<New, E>`",
            "World: a ← a"
        ),
        row!(
            "an opaque type under the same name",
            items {
                use std::num::FpCategory as Thing;
                #[derive(StableState)]
                pub(super) struct World { #[state(unsafe(opaque))] a: Thing }
            } => {
                use std::fmt::Alignment as Thing;
                #[derive(StableState)]
                pub(super) struct World { #[state(unsafe(opaque))] a: Thing }
            },
            [(TypeChanged, "World.a")],
            "World.a: was the opaque `Thing`, now `Thing` of another crate, or of another version, \
             features or profile of it | help: build both with the same version, features and profile \
             of the crate; to be free of that from here on, carry it over by `serde`, or by `as = Type` \
             of a type that hotmod knows",
            "World: a ← a"
        ),
        row!(
            "what was opaque",
            { #[state(unsafe(opaque))] a: std::process::ExitStatus } => { a: Option<u32> },
            [(TypeChanged, "World.a")],
            "World.a: was the opaque `std::process::ExitStatus`, now Option<u32> | help: write \
             #[state(unsafe(opaque, with = path::to::function))] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`",
            "World: a ← a"
        ),
        row!(
            "what was opaque, by a function",
            items {
                #[derive(StableState)]
                pub(super) struct World { #[state(unsafe(opaque))] a: std::process::ExitStatus }
            } => {
                use std::os::unix::process::ExitStatusExt;
                fn number(old: &std::process::ExitStatus) -> u32 { ExitStatusExt::into_raw(*old) as u32 }
                #[derive(StableState)]
                pub(super) struct World { #[state(unsafe(opaque, with = number))] a: u32 }
            },
            [(Converted, "World.a")],
            "World.a: convert std::process::ExitStatus → u32 by `number`",
            "World: a ← function of a"
        ),
        row!(
            "what was opaque, by a function from something else",
            items {
                #[derive(StableState)]
                pub(super) struct World { #[state(unsafe(opaque))] a: std::process::ExitStatus }
            } => {
                fn number(_: &std::num::FpCategory) -> u32 { 0 }
                #[derive(StableState)]
                pub(super) struct World { #[state(unsafe(opaque, with = number))] a: u32 }
            },
            [(TypeChanged, "World.a")],
            "World.a: was `std::process::ExitStatus`, now a function from a reference to a type of 1 byte: \
             another one, or of another version, features or profile of its crate | help: let the function \
             named by `with` take a reference to what the field was, and build both versions with the same \
             version, features and profile of its crate; what another build made is carried over by \
             `serde`, or by `as = Type`, where both versions say so",
            "World: a ← function of a"
        ),
        row!(
            "what becomes opaque",
            { a: u32 } => { #[state(unsafe(opaque))] a: std::process::ExitStatus },
            [(TypeChanged, "World.a")],
            "World.a: was u32, now the opaque `std::process::ExitStatus` | help: write \
             #[state(with = path::to::function)] on the field, with `fn(&Old) -> New` or \
             `fn(&Old) -> Result<New, E>`",
            "World: a ← a"
        ),
        row!(
            "what becomes opaque, by a function",
            items {
                #[derive(StableState)]
                pub(super) struct World { a: u32 }
            } => {
                use std::os::unix::process::ExitStatusExt;
                fn address(old: &u32) -> std::process::ExitStatus { ExitStatusExt::from_raw(*old as i32) }
                #[derive(StableState)]
                pub(super) struct World { #[state(unsafe(opaque), with = address)] a: std::process::ExitStatus }
            },
            [(Converted, "World.a")],
            "World.a: convert u32 → std::process::ExitStatus by `address`",
            "World: a ← function of a"
        ),
        row!(
            "an opaque field more",
            { a: u32 } => { a: u32, #[state(unsafe(opaque), default)] b: std::process::ExitStatus },
            [(Defaulted, "World.b")],
            "World.b: default",
            "World: a ← a, b ← default"
        ),
        row!(
            "an opaque field in a variant",
            items {
                #[derive(StableState)]
                pub(super) enum World { A { a: u32, #[state(unsafe(opaque))] b: std::process::ExitStatus } }
            } => {
                #[derive(StableState)]
                pub(super) enum World { A { a: u64, #[state(unsafe(opaque))] b: std::process::ExitStatus } }
            },
            [(Widened, "World::A.a")],
            "World::A.a: widen u32 → u64",
            "World: A → A a ← a number, b ← b"
        ),
    ]
}
