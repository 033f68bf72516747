//! A snapshot that is being written, and how that is to be done.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hotmod_file::snapshot::blocks::{
    BlockDigest, BlockKind, BlockTarget, BlockWriter, DIGEST, FileFlags,
};
use hotmod_file::snapshot::encoding::{write_bytes, write_varint64};

use super::error::SaveError;
use super::state_writers::{NamedGroups, StateWriters, WrittenState};
use crate::ahead::ahead;
use crate::helping::Using;
use crate::image::image::Image;
use crate::uses::gate::GateTurn;
use crate::uses::named_states::{EachHeld, StateByName, UsedHere, Which};
use crate::whole::{WholeFile, at_path};

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
    pub(super) without_secrets: bool,
    pub(super) by_itself: bool,
    pub(super) compresses: bool,
    pub(super) patience: Duration,
    /// How long a copy of the process may write.
    pub(super) fork: Option<Duration>,
}

impl Default for SnapshotOptions {
    fn default() -> Self {
        SnapshotOptions {
            without_secrets: false,
            by_itself: false,
            compresses: false,
            patience: Duration::from_secs(10),
            fork: None,
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

    /// Has a copy of the process (`fork`) write the states, and gives up if that takes longer than this. Calls wait while
    /// the process is copied, some 10 to 20 ms a GiB, and not while their instance is written: this is for servers with
    /// few huge instances. What is written to while the copy writes is in memory twice.
    ///
    /// The copy holds all instances, so it finds each whole. It has one thread. Where writing a field takes code of a module
    /// (`serde`, `as`, a codec, a `Lazy` that follows) and that waits for a lock which another thread had at that moment,
    /// or where the global allocator is not made for forks (the system's is), the copy does not end: then it is killed when its
    /// time is over, and there is no snapshot. All are written as of one moment, whatever
    /// [`each_by_itself`](SnapshotOptions::each_by_itself) says. Linux 5.4 or later.
    pub fn fork(self, limit: Duration) -> Self {
        SnapshotOptions {
            fork: Some(limit),
            ..self
        }
    }

    /// How long to try to find a moment that lies between the closures which use instances; 10 seconds by default.
    pub fn patience(self, patience: Duration) -> Self {
        SnapshotOptions { patience, ..self }
    }
}

/// Fails if this thread uses an instance, for which it would wait.
pub(super) fn refuse_within_use(named: &NamedGroups) -> Result<(), SaveError> {
    if !Using::is_any() {
        return Ok(());
    }
    let used = named.iter().find(|(_, states)| states.is_used_here());
    let name = used.map_or("an instance", |(name, _)| name).to_owned();
    Err(SaveError::InUseByThisThread { name })
}

/// How long uses may wait for those to end that run.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// Closes the gate between uses.
pub(crate) fn find_moment(turn: &GateTurn<'_>, patience: Duration) -> Result<(), SaveError> {
    let until = ahead(patience);
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
    write: impl FnOnce(WholeFile) -> Result<(WholeFile, T), SaveError>,
) -> Result<T, SaveError> {
    let beside = WholeFile::beside(file).map_err(SaveError::from);
    let written = beside.and_then(write).and_then(|(to, report)| {
        to.finish(file)?;
        Ok(report)
    });
    written.map_err(|error| match error {
        SaveError::Io(error) => at_path(file, &error).into(),
        error => error,
    })
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
pub(crate) struct Saving<T> {
    to: BlockWriter<T>,
    writers: Arc<StateWriters>,
    /// The number of each version, by the address of its image.
    builds: HashMap<usize, u64>,
    /// The group of which states are on their way to a block.
    open: Option<usize>,
    /// For each group, the keys of those that are as they were.
    kept: Vec<Vec<u8>>,
    /// How many states were written.
    states: u64,
    report: SaveReport,
}

impl<T: BlockTarget> Saving<T> {
    pub(crate) fn begin(
        to: T,
        named: &NamedGroups,
        writers: &Arc<StateWriters>,
        (compresses, continued): (bool, Option<&Continued>),
    ) -> Result<Self, SaveError> {
        let flags = FileFlags {
            without_secrets: writers.without_secrets,
        };
        let mut to = BlockWriter::begin(to, flags);
        if compresses {
            #[cfg(feature = "lz4")]
            to.compress(true);
        }
        if let Some(continued) = continued {
            let mut base = Vec::new();
            write_bytes(&mut base, continued.file.as_bytes());
            base.extend_from_slice(&continued.digest);
            to.block(BlockKind::Base, &base);
        }
        for group in &writers.groups {
            to.block(BlockKind::Group, &group.block);
        }
        to.pass_on()?;
        Ok(Saving {
            to,
            writers: writers.clone(),
            builds: HashMap::new(),
            open: None,
            kept: vec![Vec::new(); named.len()],
            states: 0,
            report: SaveReport {
                groups: named.len() as u64,
                ..SaveReport::default()
            },
        })
    }

    /// Writes these states of all groups.
    pub(super) fn all(&mut self, named: &NamedGroups, which: Which) -> Result<(), SaveError> {
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
        // Nothing goes to a disk while an instance is held.
        let is_last = states.each(which, from, &mut |found| match self.take(group, &found) {
            Ok(is_full) => !is_full,
            Err(error) => {
                failed = Some(error);
                false
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

    /// Writes all states of a group, which are held.
    pub(super) fn held(&mut self, group: usize, each: &mut EachHeld<'_>) -> Result<(), SaveError> {
        let mut failed = Ok(());
        each(&mut |found| {
            failed = self.take(group, &found).and_then(|is_full| match is_full {
                true => self.flush(group),
                false => Ok(()),
            });
            failed.is_ok()
        });
        failed
    }

    /// Takes a state, or notes that it is as it was. Whether that makes a block full.
    fn take(&mut self, group: usize, found: &StateByName<'_>) -> Result<bool, SaveError> {
        let writers = self.writers.clone();
        if found.is_kept {
            let key = writers.written_key(group, found.key)?;
            return Ok(self.keep(group, &key));
        }
        let (block, digest) = self.begun(group, found.at.generation.image);
        writers.write_key(group, found.key, block)?;
        writers.write_state(group, found, block, digest)?;
        Ok(self.to.len() >= BLOCK)
    }

    /// Describes all versions that instances are at.
    #[cfg(feature = "handoff")]
    pub(crate) fn versions(&mut self, named: &NamedGroups) {
        for (_, states) in named {
            for image in states.versions() {
                self.build(image);
            }
        }
    }

    /// Takes what calls have written, before they changed it.
    pub(super) fn given_by_calls(&mut self) -> Result<(), SaveError> {
        let given = std::mem::take(&mut *self.writers.given.lock());
        for state in given {
            self.add(state?);
            if self.to.len() >= BLOCK {
                self.close()?;
            }
        }
        self.close()
    }

    /// Adds a state to the block of its group.
    fn add(&mut self, written: WrittenState) {
        let (block, _) = self.begun(written.group, written.image);
        block.extend_from_slice(&written.key);
        block.extend_from_slice(&written.state);
    }

    /// The block of a group, in which a state of this version was begun, and what digests it.
    fn begun(
        &mut self,
        group: usize,
        image: &'static Image,
    ) -> (&mut Vec<u8>, Option<&mut BlockDigest>) {
        let build = self.build(image);
        self.report.instances += 1;
        self.states += 1;
        if self.open != Some(group) {
            self.open = Some(group);
            write_varint64(self.to.open(BlockKind::States), group as u64);
        }
        let (block, digest) = self.to.opened();
        write_varint64(block, build);
        (block, digest)
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

    /// Closes the block of states and writes that of the keys of a group, if there are any, and passes on what there is. No
    /// instance is held.
    fn flush(&mut self, group: usize) -> Result<(), SaveError> {
        let kept = std::mem::take(&mut self.kept[group]);
        if !kept.is_empty() {
            self.open = None;
            self.to.block(BlockKind::Kept, &kept);
        }
        self.close()
    }

    fn close(&mut self) -> Result<(), SaveError> {
        self.open = None;
        self.to.close();
        Ok(self.to.pass_on()?)
    }

    /// The number of a version, whose description is written the first time.
    fn build(&mut self, image: &'static Image) -> u64 {
        let address = std::ptr::from_ref(image).addr();
        if let Some(number) = self.builds.get(&address) {
            return *number;
        }
        let number = self.builds.len() as u64;
        let mut build = image.digest.as_bytes().to_vec();
        write_bytes(&mut build, image.section());
        self.open = None;
        self.to.block(BlockKind::Build, &build);
        self.builds.insert(address, number);
        number
    }

    pub(crate) fn finish(mut self, number: u64) -> Result<(T, Saved), SaveError> {
        for group in 0..self.kept.len() {
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
