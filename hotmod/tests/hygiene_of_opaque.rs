//! Promises of a user (`unsafe(opaque)`) in places that are hard on generated code; `hygiene` forbids them.
#![no_implicit_prelude]
#![deny(unsafe_code)]
#![deny(missing_docs, warnings, unreachable_pub, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic)]

::hotmod::module! { name: "hygiene-of-opaque", version: ::core::env!("CARGO_PKG_VERSION") }

/// A table, some of it of types that hotmod does not know.
#[derive(::hotmod::StableState)]
#[allow(unsafe_code, reason = "its fields are plain values")]
pub struct Table {
    // SAFETY: it is a number.
    #[state(unsafe(opaque))]
    heading: ::std::fmt::Alignment,
    // SAFETY: they are numbers.
    #[state(unsafe(opaque, with = layout))]
    body: ::std::alloc::Layout,
    // SAFETY: it is a number.
    #[state(unsafe(opaque, with = size))]
    size: ::core::primitive::usize,
}

/// A table as it was.
#[derive(::hotmod::OldState)]
#[allow(unsafe_code, reason = "its fields are plain values")]
pub enum OldTable {
    /// Without content.
    Empty,
    /// With some.
    Full {
        /// How it is aligned.
        // SAFETY: it is a number.
        #[state(unsafe(opaque))]
        heading: ::std::fmt::Alignment,
    },
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "a conversion takes a reference"
)]
fn layout(old: &::std::fmt::Alignment) -> ::std::alloc::Layout {
    match old {
        ::std::fmt::Alignment::Left => ::std::alloc::Layout::new::<::core::primitive::u8>(),
        _ => ::std::alloc::Layout::new::<::core::primitive::u64>(),
    }
}

fn size(old: &::std::alloc::Layout) -> ::core::primitive::usize {
    old.size()
}

#[test]
fn generated_code_stands_in_a_hard_place() {
    let table = Table {
        heading: ::std::fmt::Alignment::Left,
        body: layout(&::std::fmt::Alignment::Left),
        size: size(&layout(&::std::fmt::Alignment::Right)),
    };
    ::std::assert_eq!(table.body.size() + table.size, 9);
    ::std::assert!(::core::matches!(table.heading, ::std::fmt::Alignment::Left));
}
