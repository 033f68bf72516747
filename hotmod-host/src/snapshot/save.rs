//! Writes the states of a host down.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hotmod_file::snapshot::blocks::{BlockKind, BlockWriter, DIGEST, FileFlags};
use hotmod_file::snapshot::encoding::{write_bytes, write_varint64};

use super::error::SaveError;
use super::state_writers::{NamedGroups, StateWriters, WrittenState};
use crate::helping::Using;
use crate::host::Host;
use crate::image::image::Image;
use crate::uses::gate::{GateTurn, next_round};
use crate::uses::named_states::{UsedHere, Which};
use crate::whole::WholeFile;

/// How many bytes of states go into a block before another one is begun. A state is in one block, however large.
pub(super) const BLOCK: usize = 256 << 10;

/// How many bytes of blocks go over at once in a handoff.
#[cfg(feature = "handoff")]
const BLOCKS: u64 = 8 << 20;

/// What was written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SaveReport {
    /// How many pools and shared instances.
    pub groups: u64,
    /// How many instances, also those that are as in the file that this one continues.
    pub instances: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// How states are written down.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotOptions {
    without_secrets: bool,
    by_itself: bool,
    compresses: bool,
    patience: Duration,
}

impl Default for SnapshotOptions {
    fn default() -> Self {
        SnapshotOptions {
            without_secrets: false,
            by_itself: false,
            compresses: false,
            patience: Duration::from_secs(10),
        }
    }
}

impl SnapshotOptions {
    /// All of every state is written, as of one moment.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether fields that are marked `#[state(secret)]` are left out. What is restored from such a snapshot is as from an
    /// older version that did not have the fields: they need `default`, or to be an `Option`.
    pub fn leave_out_secrets(self, leave_out: bool) -> Self {
        SnapshotOptions {
            without_secrets: leave_out,
            ..self
        }
    }

    pub(super) fn leaves_out_secrets(self) -> bool {
        self.without_secrets
    }

    /// Whether each instance is written by itself, as it is when its turn comes: then calls never wait for others to end,
    /// and what one closure does to two instances may be in the snapshot by half. For servers whose closures take long,
    /// such as those that await.
    pub fn each_by_itself(self, by_itself: bool) -> Self {
        SnapshotOptions { by_itself, ..self }
    }

    /// Whether what is written is compressed, by LZ4. Only builds with the feature `lz4` read it.
    #[cfg(feature = "lz4")]
    pub fn compress(self, compresses: bool) -> Self {
        SnapshotOptions { compresses, ..self }
    }

    /// How long to try to find a moment that lies between the closures which use instances; 10 seconds by default.
    pub fn patience(self, patience: Duration) -> Self {
        SnapshotOptions { patience, ..self }
    }
}

impl Host {
    /// Writes the states of all pools and shared instances that have a name to a file, which takes the place of the one
    /// that was there once it is whole and on the disk. Only the user of this process may read it.
    ///
    /// All are written as of one moment, which lies between the closures that use them ([`Pool::with`](crate::Pool::with)
    /// and its like): what one closure does to several instances is in the file whole or not at all. To find that moment,
    /// closures that begin wait for a moment (20 ms at most, and then it is tried again) until those have ended that run.
    /// From then on calls go on while instances are written one after the other, and one that is to be changed before its
    /// turn has come is written first. An instance is written at the version that it is at.
    ///
    /// # Errors
    ///
    /// [`SaveError`] if a state cannot be written, with the field, or the file cannot be; or from within a `with` of one
    /// of the instances. What was there before is there still.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn stop(host: &hotmod_host::Host) -> Result<(), hotmod_host::SaveError> {
    /// let report = host.snapshot("/var/lib/game/states.snapshot")?;
    /// println!("{} instances", report.instances);
    /// # Ok(())
    /// # }
    /// ```
    pub fn snapshot(&self, file: impl AsRef<Path>) -> Result<SaveReport, SaveError> {
        self.snapshot_with(file, SnapshotOptions::new())
    }

    /// As [`snapshot`](Host::snapshot), in this way.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn snapshot_with(
        &self,
        file: impl AsRef<Path>,
        options: SnapshotOptions,
    ) -> Result<SaveReport, SaveError> {
        Ok(self.save_file(file.as_ref(), options, None)?.report)
    }

    /// Writes a file, which continues another one beside it if that is given.
    pub(super) fn save_file(
        &self,
        file: &Path,
        options: SnapshotOptions,
        continued: Option<&Continued>,
    ) -> Result<Saved, SaveError> {
        whole_file(file, |to| self.save_to(to, options, continued))
    }

    /// As [`snapshot`](Host::snapshot), to anything that can be written to, which it gives back. What was written has no
    /// meaning if this fails.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn snapshot_to<W: Write>(&self, to: W) -> Result<(W, SaveReport), SaveError> {
        self.snapshot_to_with(to, SnapshotOptions::new())
    }

    /// As [`snapshot_to`](Host::snapshot_to), in this way.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn snapshot_to_with<W: Write>(
        &self,
        to: W,
        options: SnapshotOptions,
    ) -> Result<(W, SaveReport), SaveError> {
        let (to, saved) = self.save_to(to, options, None)?;
        Ok((to, saved.report))
    }

    fn save_to<W: Write>(
        &self,
        to: W,
        options: SnapshotOptions,
        continued: Option<&Continued>,
    ) -> Result<(W, Saved), SaveError> {
        let named = self.settings.states.all();
        let writers = Arc::new(StateWriters::new(&named, options.without_secrets)?);
        let mut saving = Saving::begin(to, &named, &writers, (options.compresses, continued))?;
        let since = continued.map(|it| it.since);
        refuse_within_use(&named)?;
        let gate = self.settings.gate.clone();
        // Of what is marked as written, one at a time says so.
        let turn = gate.turn();
        if options.by_itself {
            let number = next_round();
            saving.all(&named, Which::LackedBy(number, since))?;
            return saving.finish(number);
        }
        find_moment(&turn, options.patience)?;
        let cut = turn.cut(writers.clone());
        saving.all(&named, Which::LackedBy(cut, since))?;
        turn.end_cut();
        saving.given_by_calls()?;
        saving.finish(cut)
    }
}

/// Fails if this thread uses an instance, for which it would wait.
fn refuse_within_use(named: &NamedGroups) -> Result<(), SaveError> {
    if !Using::is_any(0) {
        return Ok(());
    }
    let used = named.iter().find(|(_, states)| states.is_used_here());
    let name = used.map_or("an instance", |(name, _)| name).to_owned();
    Err(SaveError::InUseByThisThread { name })
}

/// How long uses may wait for those to end that run.
const PAUSE: Duration = Duration::from_millis(20);

/// Closes the gate between uses.
pub(crate) fn find_moment(turn: &GateTurn<'_>, patience: Duration) -> Result<(), SaveError> {
    let until = Instant::now() + patience;
    loop {
        // First without having anything wait.
        let found = turn.wait_for_uses(until);
        let found = found.and_then(|()| turn.close(Instant::now() + PAUSE));
        match found {
            Ok(()) => return Ok(()),
            Err(_) if Instant::now() < until => {}
            Err(name) => return Err(SaveError::InUse { name }),
        }
    }
}

/// Writes a file that takes its name once it is whole and on the disk.
pub(super) fn whole_file<T>(
    file: &Path,
    write: impl FnOnce(BufWriter<WholeFile>) -> Result<(BufWriter<WholeFile>, T), SaveError>,
) -> Result<T, SaveError> {
    let to = BufWriter::with_capacity(BLOCK, WholeFile::beside(file)?);
    let (to, report) = write(to)?;
    let whole = to.into_inner().map_err(io::IntoInnerError::into_error)?;
    whole.finish(file)?;
    Ok(report)
}

/// What a file continues.
pub(crate) struct Continued {
    /// Its name. It lies in the same directory.
    pub(super) file: String,
    pub(super) digest: [u8; DIGEST],
    /// The number of its cut.
    pub(super) since: u64,
}

/// What was written.
pub(crate) struct Saved {
    pub(crate) report: SaveReport,
    /// The last digest.
    pub(super) digest: [u8; DIGEST],
    /// The number of the cut.
    pub(super) number: u64,
}

/// A snapshot that is being written.
pub(crate) struct Saving<W> {
    to: BlockWriter<W>,
    writers: Arc<StateWriters>,
    /// The number of each version, by the address of its image.
    builds: HashMap<usize, u64>,
    /// For each group, the states on their way to a block.
    blocks: Vec<Vec<u8>>,
    /// For each group, the keys of those that are as they were.
    kept: Vec<Vec<u8>>,
    /// How many states were written.
    states: u64,
    report: SaveReport,
}

impl<W: Write> Saving<W> {
    pub(crate) fn begin(
        to: W,
        named: &NamedGroups,
        writers: &Arc<StateWriters>,
        (compresses, continued): (bool, Option<&Continued>),
    ) -> Result<Self, SaveError> {
        let flags = FileFlags {
            without_secrets: writers.without_secrets,
        };
        let mut to = BlockWriter::begin(to, flags)?;
        if compresses {
            #[cfg(feature = "lz4")]
            to.compress(true);
        }
        if let Some(continued) = continued {
            let mut base = Vec::new();
            write_bytes(&mut base, continued.file.as_bytes());
            base.extend_from_slice(&continued.digest);
            to.block(BlockKind::Base, &base)?;
        }
        for group in &writers.groups {
            to.block(BlockKind::Group, &group.block)?;
        }
        Ok(Saving {
            to,
            writers: writers.clone(),
            builds: HashMap::new(),
            blocks: vec![Vec::new(); named.len()],
            kept: vec![Vec::new(); named.len()],
            states: 0,
            report: SaveReport {
                groups: named.len() as u64,
                ..SaveReport::default()
            },
        })
    }

    /// Writes these states of all groups.
    fn all(&mut self, named: &NamedGroups, which: Which) -> Result<(), SaveError> {
        for group in 0..named.len() {
            let mut from = 0;
            while !self.some(named, group, which, &mut from)? {
                self.given_by_calls()?;
            }
        }
        Ok(())
    }

    /// Writes these states of a group, from a place on, up to the end of a block. Whether that was the last one.
    pub(crate) fn some(
        &mut self,
        named: &NamedGroups,
        group: usize,
        which: Which,
        from: &mut usize,
    ) -> Result<bool, SaveError> {
        let (name, states) = &named[group];
        let mut failed = None;
        let writers = self.writers.clone();
        // Nothing goes to a disk while an instance is held.
        let is_last = states.each(which, from, &mut |found| {
            if found.is_kept {
                return match writers.written_key(group, found.key) {
                    Ok(key) => !self.keep(group, &key),
                    Err(error) => {
                        failed = Some(error);
                        false
                    }
                };
            }
            let written = writers.written(group, &found);
            match written.and_then(|state| self.add(state)) {
                Ok(is_full) => !is_full,
                Err(error) => {
                    failed = Some(error);
                    false
                }
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let is_last =
            is_last.map_err(|UsedHere| SaveError::InUseByThisThread { name: name.clone() })?;
        self.flush(group)?;
        Ok(is_last)
    }

    /// As [`some`](Saving::some), of several blocks.
    #[cfg(feature = "handoff")]
    pub(crate) fn some_blocks(
        &mut self,
        named: &NamedGroups,
        group: usize,
        which: Which,
        from: &mut usize,
    ) -> Result<bool, SaveError> {
        loop {
            let is_last = self.some(named, group, which, from)?;
            if is_last || self.to.written() >= BLOCKS {
                return Ok(is_last);
            }
        }
    }

    /// Describes all versions that instances are at.
    #[cfg(feature = "handoff")]
    pub(crate) fn versions(&mut self, named: &NamedGroups) -> Result<(), SaveError> {
        for (_, states) in named {
            for image in states.versions() {
                self.build(image)?;
            }
        }
        Ok(())
    }

    /// Takes what calls have written, before they changed it.
    fn given_by_calls(&mut self) -> Result<(), SaveError> {
        let given = std::mem::take(&mut *self.writers.given.lock());
        for state in given {
            let state = state?;
            let group = state.group;
            if self.add(state)? {
                self.flush(group)?;
            }
        }
        Ok(())
    }

    /// Adds a state to the block of its group. Whether that is full.
    fn add(&mut self, written: WrittenState) -> Result<bool, SaveError> {
        let build = self.build(written.image)?;
        self.report.instances += 1;
        self.states += 1;
        let WrittenState {
            group, key, state, ..
        } = &written;
        let is_large = state.len() >= BLOCK;
        if is_large {
            self.flush(*group)?;
        }
        let block = &mut self.blocks[*group];
        if block.is_empty() {
            write_varint64(block, *group as u64);
        }
        write_varint64(block, build);
        write_bytes(block, key);
        if is_large {
            // Copied nowhere on its way.
            write_varint64(block, state.len() as u64);
            self.to.block_of(BlockKind::States, &[block, state])?;
            block.clear();
            return Ok(true);
        }
        write_bytes(block, state);
        Ok(block.len() >= BLOCK)
    }

    /// Notes that an instance is as it was. Whether there are enough of them for a block.
    fn keep(&mut self, group: usize, key: &[u8]) -> bool {
        self.report.instances += 1;
        let kept = &mut self.kept[group];
        if kept.is_empty() {
            write_varint64(kept, group as u64);
        }
        write_bytes(kept, key);
        kept.len() >= BLOCK
    }

    /// Writes the block of a group, if there is anything in it.
    fn flush(&mut self, group: usize) -> Result<(), SaveError> {
        for (kind, blocks) in [
            (BlockKind::States, &mut self.blocks),
            (BlockKind::Kept, &mut self.kept),
        ] {
            let block = &mut blocks[group];
            if !block.is_empty() {
                self.to.block(kind, block)?;
                block.clear();
            }
        }
        Ok(())
    }

    /// The number of a version, whose description is written the first time.
    fn build(&mut self, image: &'static Image) -> Result<u64, SaveError> {
        let address = std::ptr::from_ref(image).addr();
        if let Some(number) = self.builds.get(&address) {
            return Ok(*number);
        }
        let number = self.builds.len() as u64;
        let mut build = image.digest.as_bytes().to_vec();
        write_bytes(&mut build, image.section());
        self.to.block(BlockKind::Build, &build)?;
        self.builds.insert(address, number);
        Ok(number)
    }

    pub(crate) fn finish(mut self, number: u64) -> Result<(W, Saved), SaveError> {
        for group in 0..self.blocks.len() {
            self.flush(group)?;
        }
        let mut says = Vec::new();
        write_varint64(&mut says, self.builds.len() as u64);
        write_varint64(&mut says, self.report.groups);
        write_varint64(&mut says, self.states);
        let (to, bytes, digest) = self.to.finish(&says)?;
        let report = SaveReport {
            bytes,
            ..self.report
        };
        Ok((
            to,
            Saved {
                report,
                digest,
                number,
            },
        ))
    }
}
