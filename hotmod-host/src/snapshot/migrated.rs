//! A snapshot whose states are taken to a build's version, as another snapshot.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use hotmod_file::snapshot::blocks::{BlockKind, BlockStream, BlockWriter, FileFlags};
use hotmod_file::snapshot::encoding::{write_bytes, write_varint64};
use hotmod_file::{Refusal, Snapshot};

use super::error::SaveError;
use super::made::{MadeState, TriedBuild};
use super::progress::TryProgress;
use super::restore::RestoreOptions;
use super::save::{BLOCK, whole_file};
use super::state_writers::unwritable;
use super::trying::{TryReport, try_states};
use super::write::ValueWriter;
use crate::host::Host;

/// Why no snapshot was migrated.
#[derive(Debug)]
#[non_exhaustive]
pub enum MigrateSnapshotError {
    /// The build is not loaded.
    Refused(Refusal),
    /// The states cannot be written.
    Save(SaveError),
}

impl std::fmt::Display for MigrateSnapshotError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MigrateSnapshotError::Refused(refusal) => refusal.fmt(f),
            MigrateSnapshotError::Save(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MigrateSnapshotError {}

impl Host {
    /// As [`try_snapshot`](Host::try_snapshot), and writes the states to a file, at the version of the build. A state that
    /// does not fit, and those of other modules, are in it as they were. The file takes its name once it is whole.
    ///
    /// # Errors
    ///
    /// [`MigrateSnapshotError`] if the build is not loaded, a state that was made cannot be written, or the file cannot be.
    /// There is no file then, or the one that was there.
    pub fn migrate_snapshot(
        &self,
        file: impl AsRef<Path>,
        snapshot: &Snapshot,
        options: RestoreOptions,
        to: impl AsRef<Path>,
    ) -> Result<TryReport, MigrateSnapshotError> {
        let (file, to) = (file.as_ref(), to.as_ref());
        self.migrate_by_steps(file, snapshot, options, to, &mut TryProgress::default())
    }

    /// As [`migrate_snapshot`](Host::migrate_snapshot), with what [`try_by_steps`](Host::try_by_steps) notes.
    pub(super) fn migrate_by_steps(
        &self,
        file: &Path,
        snapshot: &Snapshot,
        options: RestoreOptions,
        to: &Path,
        progress: &mut TryProgress,
    ) -> Result<TryReport, MigrateSnapshotError> {
        let build = TriedBuild::load(self, file);
        let build = build.map_err(MigrateSnapshotError::Refused)?;
        let mut migrated = MigratedStates {
            snapshot,
            writers: HashMap::new(),
            states: HashMap::new(),
            failed: None,
        };
        let report = try_states(
            &build,
            snapshot,
            options,
            progress,
            &mut |group, state, made| {
                migrated.state(group, state, made);
            },
        );
        let written = match migrated.failed.take() {
            Some(error) => Err(error),
            None => whole_file(to, |to| migrated.write(&build, to)),
        };
        written.map_err(MigrateSnapshotError::Save)?;
        Ok(report)
    }
}

/// States that were taken along.
struct MigratedStates<'s> {
    snapshot: &'s Snapshot,
    /// What writes those of each group.
    writers: HashMap<usize, ValueWriter>,
    /// As written, by the place of the group and their own; none where it does not fit.
    states: HashMap<usize, Vec<Option<Vec<u8>>>>,
    /// Why one could not be written. Nothing is done after that.
    failed: Option<SaveError>,
}

impl MigratedStates<'_> {
    /// Notes the state at a place of a group, which was made or does not fit.
    fn state(&mut self, group: usize, place: usize, made: Option<&mut MadeState<'_>>) {
        if self.failed.is_some() {
            return;
        }
        let written = made.map(|made| {
            let without_secrets = self.snapshot.leaves_out_secrets();
            let writer = self
                .writers
                .entry(group)
                .or_insert_with(|| made.writer(without_secrets));
            let mut bytes = Vec::new();
            // SAFETY: all states of a group that are made are of one build and type.
            match unsafe { made.write(writer, &mut bytes) } {
                Ok(()) => Ok(bytes),
                Err(error) => {
                    let name = &self.snapshot.groups()[group].name;
                    Err(unwritable(name, &made.ty().to_string(), &error))
                }
            }
        });
        match written.transpose() {
            Ok(written) => {
                let states = self.states.entry(group).or_default();
                states.resize(states.len().max(place + 1), None);
                states[place] = written;
            }
            Err(error) => self.failed = Some(error),
        }
    }

    /// Writes all states of the snapshot: those that were taken along, and the others as they were.
    fn write<W: Write>(&self, build: &TriedBuild, to: W) -> Result<(W, ()), SaveError> {
        let snapshot = self.snapshot;
        let flags = FileFlags {
            without_secrets: snapshot.leaves_out_secrets(),
        };
        let mut to = BlockWriter::begin(BlockStream::new(to), flags);
        let image = build.image();
        let mut block = image.digest.as_bytes().to_vec();
        write_bytes(&mut block, image.section());
        to.block(BlockKind::Build, &block);
        // The build is the first.
        for was in snapshot.builds() {
            let mut block = was.digest.as_bytes().to_vec();
            write_bytes(&mut block, snapshot.section(was));
            to.block(BlockKind::Build, &block);
        }
        let mut instances = 0;
        for (place, group) in snapshot.groups().iter().enumerate() {
            let mut block = Vec::new();
            write_bytes(&mut block, group.name.as_bytes());
            write_bytes(&mut block, group.module.as_bytes());
            write_bytes(&mut block, group.interface.as_bytes());
            block.push(group.key.is_some().into());
            if let Some(key) = &group.key {
                write_bytes(&mut block, snapshot.key_section(key));
            }
            to.block(BlockKind::Group, &block);
            let migrated = self.states.get(&place);
            let begun = |block: &mut Vec<u8>| {
                block.clear();
                write_varint64(block, place as u64);
                block.len()
            };
            let empty = begun(&mut block);
            for (state, instance) in snapshot.instances(group).enumerate() {
                let made = migrated.and_then(|all| all.get(state)?.as_ref());
                let number = match made {
                    Some(_) => 0,
                    None => instance.build_number as u64 + 1,
                };
                write_varint64(&mut block, number);
                write_bytes(&mut block, instance.key);
                write_bytes(&mut block, made.map_or(instance.state, |it| it));
                instances += 1;
                if block.len() >= BLOCK {
                    to.block(BlockKind::States, &block);
                    to.pass_on()?;
                    begun(&mut block);
                }
            }
            if block.len() > empty {
                to.block(BlockKind::States, &block);
            }
        }
        let mut says = Vec::new();
        write_varint64(&mut says, snapshot.builds().len() as u64 + 1);
        write_varint64(&mut says, snapshot.groups().len() as u64);
        write_varint64(&mut says, instances);
        let (to, ..) = to.finish(&says)?;
        Ok((to.into_inner(), ()))
    }
}
