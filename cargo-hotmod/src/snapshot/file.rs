//! A file of live states that is shown.

use std::path::PathBuf;

use clap::Args;
use hotmod_file::Snapshot;

use crate::output::Failure;

/// Which file is shown, and how much of it.
#[derive(Args)]
pub(super) struct SnapshotFile {
    /// The file
    file: PathBuf,

    /// Of a damaged file, show what stands before the first block that is not as it was written; standard error says which
    #[arg(long)]
    salvage: bool,
}

impl SnapshotFile {
    pub(super) fn read(&self) -> Result<Snapshot, Failure> {
        if !self.salvage {
            return Ok(Snapshot::open(&self.file)?);
        }
        let (snapshot, damage) = Snapshot::salvage(&self.file)?;
        if let Some(damage) = damage {
            eprintln!("warning: {damage}");
        }
        Ok(snapshot)
    }
}
