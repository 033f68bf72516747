//! Writes the states of a host down.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hotmod::describe::{Description, Type};
use hotmod_file::snapshot::blocks::{BlockKind, BlockWriter, DIGEST, FileFlags};
use hotmod_file::snapshot::encoding::{write_bytes, write_varint64};
use hotmod_file::snapshot::unwritable::cure;
use parking_lot::Mutex;

use super::error::SaveError;
use super::write::{Unwritten, ValueWriter};
use crate::call::slot::{self, Doing};
use crate::helping::Using;
use crate::host::Host;
use crate::image::exports::Exports;
use crate::image::image::Image;
use crate::migrate::at::At;
use crate::uses::gate::{CutSink, GateTurn, next_round};
use crate::uses::named_states::{NamedKeys, NamedStates, StateByName, UsedHere, Which};
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

/// The instances of a host, by their names.
pub(crate) type NamedGroups = Vec<(String, Arc<dyn NamedStates>)>;

/// What writes the states of a host, on whichever thread.
pub(crate) struct StateWriters {
    without_secrets: bool,
    groups: Vec<SavedGroup>,
    by_name: HashMap<String, usize>,
    /// By the address of the image, and the interface.
    writers: Mutex<KnownWriters>,
    /// How long the last state was: the next is likely to be as long.
    likely: AtomicUsize,
    /// What calls have given that came before an instance's turn.
    given: Mutex<Vec<Result<WrittenState, SaveError>>>,
    /// The keys of what was taken out, each with its group.
    #[cfg(feature = "handoff")]
    removed: Mutex<Vec<Result<RemovedKey, SaveError>>>,
}

/// A key, and its group.
#[cfg(feature = "handoff")]
type RemovedKey = (usize, Vec<u8>);

type KnownWriters = HashMap<(usize, &'static str), Arc<ValueWriter>>;

struct SavedGroup {
    name: String,
    interface: &'static str,
    keys: Option<ValueWriter>,
    /// The block that says so.
    block: Vec<u8>,
}

/// A state as it is written.
struct WrittenState {
    group: usize,
    image: &'static Image,
    key: Vec<u8>,
    state: Vec<u8>,
}

impl StateWriters {
    pub(crate) fn new(named: &NamedGroups, without_secrets: bool) -> Result<Self, SaveError> {
        let mut groups = Vec::new();
        for (name, states) in named {
            let (keys, interface) = (states.keys(), states.interface());
            let mut block = Vec::new();
            write_bytes(&mut block, name.as_bytes());
            write_bytes(&mut block, states.module().as_bytes());
            write_bytes(&mut block, interface.as_bytes());
            block.push(keys.is_some().into());
            if let Some(keys) = &keys {
                write_bytes(&mut block, &keys.section);
            }
            groups.push(SavedGroup {
                name: name.clone(),
                interface,
                keys: keys.map(|keys| key_writer(name, &keys)).transpose()?,
                block,
            });
        }
        let by_name = groups.iter().enumerate();
        Ok(StateWriters {
            without_secrets,
            by_name: by_name
                .map(|(place, it)| (it.name.clone(), place))
                .collect(),
            groups,
            writers: Mutex::default(),
            likely: AtomicUsize::new(0),
            given: Mutex::default(),
            #[cfg(feature = "handoff")]
            removed: Mutex::default(),
        })
    }

    /// Writes a state.
    fn written(&self, group: usize, found: &StateByName<'_>) -> Result<WrittenState, SaveError> {
        let SavedGroup {
            name, interface, ..
        } = &self.groups[group];
        let generation = found.at.generation;
        let image = generation.image;
        let implementation = image.implementation(interface);
        let writer = self.writer(name, (image, interface))?;
        let likely = self.likely.load(Ordering::Relaxed);
        let mut written = WrittenState {
            group,
            image,
            key: Vec::new(),
            state: Vec::with_capacity(likely + likely / 8),
        };
        {
            let _entered = slot::enter_at(generation, Doing::Operation, found.at.state);
            let at = At::of(found.at.state.cast());
            // SAFETY: the writer is for states of this type at this version, and nothing else uses the state. The module's
            // code refers to values of `Lazy`s at the version of the state only.
            let done = unsafe { writer.write(at, Some(found.values), &mut written.state) };
            done.map_err(|error| unwritable(name, &implementation.state.to_string(), &error))?;
        }
        self.likely.store(written.state.len(), Ordering::Relaxed);
        written.key = self.written_key(group, found.key)?;
        Ok(written)
    }

    /// Writes a key, as it crosses, which nothing else uses.
    fn written_key(&self, group: usize, key: *mut u8) -> Result<Vec<u8>, SaveError> {
        let SavedGroup { name, keys, .. } = &self.groups[group];
        let mut written = Vec::new();
        if let Some(writer) = keys {
            // SAFETY: the pool passes a key as it crosses, which nothing else uses.
            let done = unsafe { writer.write(At::of(key), None, &mut written) };
            done.map_err(|error| unwritable(name, "key", &error))?;
        }
        Ok(written)
    }

    /// The keys of what was taken out since the last time, each with its group.
    #[cfg(feature = "handoff")]
    pub(crate) fn take_removed(&self) -> Result<Vec<RemovedKey>, SaveError> {
        std::mem::take(&mut *self.removed.lock())
            .into_iter()
            .collect()
    }

    fn writer(
        &self,
        name: &str,
        (image, interface): (&'static Image, &'static str),
    ) -> Result<Arc<ValueWriter>, SaveError> {
        let mut known = self.writers.lock();
        Ok(
            match known.entry((std::ptr::from_ref(image).addr(), interface)) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(unknown) => {
                    let implementation = image.implementation(interface);
                    let (ty, operations) =
                        (&implementation.state, implementation.table.operations());
                    let (exports, secrets) = (image.exports(), self.without_secrets);
                    refuse_unwritable(name, &exports.manifest, ty, secrets)?;
                    let writer = ValueWriter::new(&exports, ty, operations, secrets);
                    unknown.insert(Arc::new(writer)).clone()
                }
            },
        )
    }
}

impl CutSink for StateWriters {
    fn write(&self, name: &str, state: &StateByName<'_>) {
        // What has got its name since is not in the snapshot.
        if let Some(group) = self.by_name.get(name) {
            let written = self.written(*group, state);
            self.given.lock().push(written);
        }
    }

    #[cfg(feature = "handoff")]
    fn remove(&self, name: &str, key: *mut u8) {
        if let Some(group) = self.by_name.get(name) {
            let written = self.written_key(*group, key);
            self.removed.lock().push(written.map(|key| (*group, key)));
        }
    }
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

/// What writes the keys of a pool.
fn key_writer(name: &str, keys: &NamedKeys) -> Result<ValueWriter, SaveError> {
    let described = hotmod::state::expected::described(&keys.section);
    let described = described.map_err(|error| SaveError::Unwritable {
        name: name.to_owned(),
        path: "key".to_owned(),
        reason: error.to_string(),
        help: "let the keys be numbers, texts or tuples of these",
    })?;
    refuse_unwritable(name, &described, &keys.ty, false)?;
    let exports = Exports::of_host(described.into());
    Ok(ValueWriter::new(&exports, &keys.ty, keys.operations, false))
}

/// Fails with the first field that cannot be written of any value.
fn refuse_unwritable(
    name: &str,
    of: &Description,
    ty: &Type,
    without_secrets: bool,
) -> Result<(), SaveError> {
    match ValueWriter::unwritable(of, ty, without_secrets) {
        Some((path, ty)) => Err(SaveError::Unwritable {
            name: name.to_owned(),
            path,
            reason: format!("a `{ty}` cannot be written"),
            help: cure(&ty),
        }),
        None => Ok(()),
    }
}

pub(super) fn unwritable(name: &str, of: &str, error: &Unwritten) -> SaveError {
    SaveError::Unwritable {
        name: name.to_owned(),
        path: format!("{of}{}", error.path()),
        reason: error.reason().to_owned(),
        help: "let nothing outside of the state own a part of it, or be in the middle of using it, when it is written; \
               what cannot be so is made anew with #[state(skip)]",
    }
}
