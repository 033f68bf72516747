//! From bytes that cannot be trusted to a [`Description`].
//!
//! The file is taken to be hostile: every length is compared with what is left before anything is
//! allocated, and counts, depth and total size have limits far above what a module needs.

mod check;
mod error;
mod identity;
mod lazies;
mod limits;
mod reader;
mod records;
mod sources;
mod types;

use super::description::{Description, Type};
use check::check;
use error::Result;
use limits::Thing;
use reader::Reader;
use records::record;
use sources::Sources;

pub use error::DecodeError;

/// Reads the records of a section. `toolchain` is the toolchain of a description without a build
/// record, which the reader's own compiler has made.
///
/// # Errors
///
/// The first thing that is not as [`super::encode`] writes it, or that contradicts another record.
pub fn decode(section: &[u8], toolchain: &str) -> Result<Description> {
    decode_beside(section, toolchain, &mut Beside::default())
}

/// The sections of one file that were read already: what all of them take in memory is limited as what one
/// takes is.
#[derive(Debug, Default)]
pub struct Beside {
    memory: usize,
}

/// As [`decode`], of a section that stands beside others in one file.
///
/// # Errors
///
/// As `decode`.
pub fn decode_beside(section: &[u8], toolchain: &str, beside: &mut Beside) -> Result<Description> {
    let mut reader = Reader::new(section);
    reader.take_memory(beside.memory)?;
    let mut description = Description {
        toolchain: toolchain.to_owned(),
        ..Description::default()
    };
    if section.len() > limits::SECTION {
        let expected = format!("at most {} bytes", limits::SECTION);
        return reader.fail(expected, format!("{} bytes", section.len()));
    }
    let mut identities = Vec::new();
    let mut sources = Sources::default();
    let mut number = 0;
    while reader.skip_padding() {
        number += 1;
        reader.location = vec![format!("record {number}")];
        reader.one::<()>(Thing::Record)?;
        record(&mut reader, &mut description, &mut identities, &mut sources)?;
    }
    sources.check()?;
    for identity in identities {
        identity.tell(&mut description)?;
    }
    if let Some(build) = &description.build {
        description.toolchain = format!("{} {} {}", build.rustc, build.commit, build.target);
    }
    check(&description)?;
    lazies::check(&description)?;
    beside.memory = reader.spent().memory();
    Ok(description)
}

/// Reads a reference to a type that stands by itself.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_type(bytes: &[u8]) -> Result<Type> {
    let mut reader = Reader::new(bytes);
    reader.ty()
}
