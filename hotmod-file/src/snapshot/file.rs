//! A snapshot that was read: which versions, pools and instances it has.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hotmod::describe::decode::{Beside, decode_beside};
use hotmod::describe::{Build, Description, Type};

use super::blocks::{Block, BlockKind, DIGEST, FIRST_KIND, FileFlags, blocks, flags};
use super::encoding::SnapshotReader;
use super::error::SnapshotError;
use super::form::without_secrets;
use super::packed;
use crate::digest::Digest;

/// The function of a key's description, whose parameter is a key.
const KEY: &str = "key";

/// The most files that may continue each other.
pub const MOST_CONTINUED: usize = 1000;

/// The most versions that a snapshot may have, and the most pools.
const MOST: usize = 1 << 16;

/// Live states that were written down, read from a file and checked: no byte of it is other than it was written.
///
/// # Examples
///
/// ```no_run
/// use hotmod_file::Snapshot;
///
/// let snapshot = Snapshot::open("game.snapshot")?;
/// for group in snapshot.groups() {
///     println!("{}: {} instances", group.name, group.len());
/// }
/// # Ok::<(), hotmod_file::SnapshotError>(())
/// ```
#[derive(Debug)]
pub struct Snapshot {
    /// Of the file, or what its blocks hold where some are compressed.
    bytes: Vec<u8>,
    size: u64,
    flags: FileFlags,
    /// The last digest of the file.
    digest: [u8; DIGEST],
    /// What it continues.
    base: Option<ContinuedFile>,
    builds: Vec<SnapshotBuild>,
    groups: Vec<SnapshotGroup>,
}

/// A file that another one continues.
#[derive(Debug)]
struct ContinuedFile {
    file: String,
    digest: [u8; DIGEST],
}

/// A version of a module whose states a snapshot has.
#[derive(Debug)]
pub struct SnapshotBuild {
    /// The digest of the module's file.
    pub digest: Digest,
    /// What the module said of itself; without the secret fields, where the snapshot leaves them out.
    pub description: Arc<Description>,
    /// The bytes that say so, as in the module's file.
    section: Range<usize>,
}

impl SnapshotBuild {
    /// The module's name and version, and what compiled it.
    pub fn build(&self) -> &Build {
        let build = self.description.build.as_ref();
        build.expect("bug in hotmod: a version without a build record was read")
    }
}

/// A pool, or an instance without a key, of which a snapshot has states.
#[derive(Debug)]
#[non_exhaustive]
pub struct SnapshotGroup {
    /// Its name in the host.
    pub name: String,
    /// The module that the instances are of.
    pub module: String,
    /// The interface by which they are called.
    pub interface: String,
    /// The type of its keys; `None` for an instance without one.
    pub key: Option<SnapshotKey>,
    instances: Vec<Place>,
    /// The keys of those that are as in the file which this one continues.
    kept: Vec<Range<usize>>,
    is_restored: AtomicBool,
}

impl SnapshotGroup {
    /// Notes that nothing of it would be lost with this snapshot: a host has made instances of it, or the states that do not
    /// fit are in a file.
    pub fn note_restored(&self) {
        // Relaxed: nothing is read by what this says but this.
        self.is_restored.store(true, Ordering::Relaxed);
    }

    /// Whether a host has made instances of all of it since this snapshot was read, or of all that fits and keeps the rest.
    pub fn is_restored(&self) -> bool {
        self.is_restored.load(Ordering::Relaxed)
    }

    /// How many instances it has.
    pub fn len(&self) -> usize {
        self.instances.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty()
    }
}

/// What the keys of a pool are.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SnapshotKey {
    /// Their type.
    pub ty: Type,
    /// The types in it.
    pub description: Arc<Description>,
    section: Range<usize>,
}

/// Where an instance is in the file.
#[derive(Clone, Debug)]
struct Place {
    build: u32,
    key: Range<usize>,
    state: Range<usize>,
}

/// A state that was written down.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SnapshotInstance<'s> {
    /// Its version.
    pub build: &'s SnapshotBuild,
    /// The number of its version among those of the snapshot.
    pub build_number: usize,
    /// Its key, as written.
    pub key: &'s [u8],
    /// The state, as written.
    pub state: &'s [u8],
}

impl Snapshot {
    /// Reads a file, and checks all of it.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] if it cannot be read, or a byte is other than it was written; it names the block.
    pub fn open(file: impl AsRef<Path>) -> Result<Self, SnapshotError> {
        let file = file.as_ref();
        let opened = Self::opened(file, 0);
        opened.map_err(|error| error.of(file))
    }

    fn opened(file: &Path, depth: usize) -> Result<Self, SnapshotError> {
        let read = fs::read(file).map_err(SnapshotError::unreadable)?;
        let (snapshot, fault) = Self::of_whole_blocks(read)?;
        if let Some(fault) = fault {
            return Err(fault);
        }
        snapshot.with_base(file, depth).map_err(|(_, error)| error)
    }

    /// With the states of the file that it continues, which stands beside it; or what it has itself, and why not.
    fn with_base(self, file: &Path, depth: usize) -> Result<Self, (Box<Self>, SnapshotError)> {
        let Some(base) = &self.base else {
            return Ok(self);
        };
        if depth == MOST_CONTINUED {
            let expected = format!("at most {MOST_CONTINUED} files that continue each other");
            return Err((self.into(), SnapshotError::new(expected, "more")));
        }
        let base = file.with_file_name(&base.file);
        match Self::opened(&base, depth + 1) {
            Ok(base) => self.on(base),
            Err(error) => {
                let expected = format!("{}, which this one continues", base.display());
                let found = format!("one that cannot be read: {}", error.reason());
                Err((self.into(), SnapshotError::new(expected, found)))
            }
        }
    }

    /// As [`open`](Snapshot::open), of bytes in memory.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn of(bytes: Vec<u8>) -> Result<Self, SnapshotError> {
        match Self::of_whole_blocks(bytes)? {
            (
                Snapshot {
                    base: Some(base), ..
                },
                None,
            ) => Err(SnapshotError::new(
                "a snapshot that stands by itself",
                format!(
                    "one that continues `{}`, beside which it is opened",
                    base.file
                ),
            )),
            (snapshot, None) => Ok(snapshot),
            (_, Some(fault)) => Err(fault),
        }
    }

    /// Reads what is whole of a damaged file: all that stands before the first block which is not as it was written. Also
    /// says what is wrong with that; `None` if the file is whole. Of a file that continues another one, what is kept as it was
    /// comes from that, if that is whole.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] if the file cannot be read, or is no snapshot.
    pub fn salvage(file: impl AsRef<Path>) -> Result<(Self, Option<SnapshotError>), SnapshotError> {
        let file = file.as_ref();
        let read = fs::read(file).map_err(SnapshotError::unreadable);
        let read = read.and_then(Self::of_whole_blocks);
        let (snapshot, fault) = read.map_err(|error| error.of(file))?;
        let (snapshot, base) = match snapshot.with_base(file, 0) {
            Ok(snapshot) => (snapshot, None),
            Err((snapshot, error)) => (*snapshot, Some(error)),
        };
        Ok((snapshot, fault.or(base).map(|fault| fault.of(file))))
    }

    /// What the blocks say that are whole, and what is wrong with the first that is not.
    ///
    /// # Errors
    ///
    /// If there are none, or a whole one says what cannot be.
    #[doc(hidden)]
    pub fn of_whole_blocks(bytes: Vec<u8>) -> Result<(Self, Option<SnapshotError>), SnapshotError> {
        let size = bytes.len() as u64;
        let digest = bytes.last_chunk().copied().unwrap_or_default();
        let flags = flags(&bytes);
        let (mut found, fault) = blocks(&bytes);
        if found.is_empty() {
            let none = || SnapshotError::new("a block", "none");
            return Err(fault.unwrap_or_else(none));
        }
        let unpacked = unpacked(&found)?;
        if let Some((all, ends)) = &unpacked {
            let mut from = 0;
            for (block, end) in found.iter_mut().zip(ends) {
                block.payload = &all[from..*end];
                from = *end;
            }
        }
        let mut reading = Reading {
            flags,
            ..Reading::default()
        };
        let start = match &unpacked {
            Some((all, _)) => all.as_ptr().addr(),
            None => bytes.as_ptr().addr(),
        };
        for block in &found {
            reading
                .block(block, start)
                .map_err(|error| block.fails(error))?;
        }
        let bytes = match unpacked {
            Some((all, _)) => all,
            None => bytes,
        };
        let Reading {
            builds,
            groups,
            base,
            ..
        } = reading;
        let snapshot = Snapshot {
            bytes,
            size,
            flags,
            digest,
            base,
            builds,
            groups,
        };
        Ok((snapshot, fault))
    }

    /// The states of this and of the file that it continues, as one.
    fn on(mut self, mut base: Snapshot) -> Result<Self, (Box<Self>, SnapshotError)> {
        if self.base.as_ref().is_none_or(|it| it.digest != base.digest) || self.flags != base.flags
        {
            let expected = "the file that this one continues";
            let error = SnapshotError::new(expected, "another of its name");
            return Err((self.into(), error));
        }
        // Where those are that are kept, of each group.
        let mut kept = Vec::new();
        for group in &self.groups {
            let before = base.groups.iter().find(|it| it.name == group.name);
            let before = before.map_or([].as_slice(), |it| &it.instances);
            let by_key: HashMap<&[u8], &Place> = match group.kept.is_empty() {
                true => HashMap::new(),
                false => before
                    .iter()
                    .map(|it| (&base.bytes[it.key.clone()], it))
                    .collect(),
            };
            let places = group.kept.iter().map(|key| {
                let place = by_key.get(&self.bytes[key.clone()]);
                place.map(|it| (*it).clone())
            });
            let Some(places) = places.collect::<Option<Vec<Place>>>() else {
                let expected = format!("an instance of `{}` that is kept", group.name);
                let error = SnapshotError::new(expected, "none in the file before");
                return Err((self.into(), error));
            };
            kept.push(places);
        }
        let shift = base.bytes.len();
        let shifted = |range: &mut Range<usize>| *range = range.start + shift..range.end + shift;
        // Most of its versions are those that the file before has.
        let mut numbers = Vec::new();
        let is_as_whole = base.flags.without_secrets == self.flags.without_secrets;
        for mut build in self.builds.drain(..) {
            let section = &self.bytes[build.section.clone()];
            let is_same = |it: &SnapshotBuild| {
                is_as_whole
                    && it.digest == build.digest
                    && base.bytes[it.section.clone()] == *section
            };
            let known = base.builds.iter().position(is_same);
            numbers.push(known.unwrap_or(base.builds.len()) as u32);
            if known.is_none() {
                shifted(&mut build.section);
                base.builds.push(build);
            }
        }
        for (group, kept) in self.groups.iter_mut().zip(kept) {
            if let Some(key) = &mut group.key {
                shifted(&mut key.section);
            }
            for place in &mut group.instances {
                place.build = numbers[place.build as usize];
                shifted(&mut place.key);
                shifted(&mut place.state);
            }
            group.instances.extend(kept);
            group.kept.clear();
        }
        base.bytes.append(&mut self.bytes);
        Ok(Snapshot {
            bytes: base.bytes,
            builds: base.builds,
            base: None,
            ..self
        })
    }

    /// Whether a file continues another one, and is of no use without that.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn continues(file: impl AsRef<Path>) -> io::Result<bool> {
        let mut begin = Vec::new();
        File::open(file)?
            .take(FIRST_KIND + 1)
            .read_to_end(&mut begin)?;
        Ok(begin.get(FIRST_KIND as usize) == Some(&(BlockKind::Base as u8)))
    }

    /// What it is known by: the digest of the last block of its file, which that has of all of it.
    pub fn digest(&self) -> [u8; DIGEST] {
        self.digest
    }

    /// How many bytes its file has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether it was written without the fields that are marked `#[state(secret)]`. It is as one of an older version then,
    /// which did not have them: the version that its states are to become states of has to say what they are
    /// (`default`, or an `Option`).
    pub fn leaves_out_secrets(&self) -> bool {
        self.flags.without_secrets
    }

    /// The versions whose states it has.
    pub fn builds(&self) -> &[SnapshotBuild] {
        &self.builds
    }

    /// The pools, and instances without a key, in the order in which they were written.
    pub fn groups(&self) -> &[SnapshotGroup] {
        &self.groups
    }

    /// The pool, or instance without a key, of this name.
    pub fn group(&self, name: &str) -> Option<&SnapshotGroup> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// A version's description as in its module's file.
    pub fn section(&self, build: &SnapshotBuild) -> &[u8] {
        self.bytes.get(build.section.clone()).unwrap_or_default()
    }

    /// The bytes that describe the keys of a pool.
    pub fn key_section(&self, key: &SnapshotKey) -> &[u8] {
        self.bytes.get(key.section.clone()).unwrap_or_default()
    }

    /// The instances of a group.
    pub fn instances<'s>(
        &'s self,
        group: &'s SnapshotGroup,
    ) -> impl ExactSizeIterator<Item = SnapshotInstance<'s>> {
        group.instances.iter().map(|place| SnapshotInstance {
            build: &self.builds[place.build as usize],
            build_number: place.build as usize,
            key: self.bytes.get(place.key.clone()).unwrap_or_default(),
            state: self.bytes.get(place.state.clone()).unwrap_or_default(),
        })
    }
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    flags: FileFlags,
    builds: Vec<SnapshotBuild>,
    groups: Vec<SnapshotGroup>,
    instances: u64,
    beside: Beside,
    base: Option<ContinuedFile>,
}

impl Reading {
    fn block(&mut self, block: &Block<'_>, start: usize) -> Result<(), SnapshotError> {
        let mut reader = SnapshotReader::new(block.payload);
        // Where in the file something is that was read of it.
        let range = |bytes: &[u8]| {
            let from = bytes.as_ptr().addr() - start;
            from..from + bytes.len()
        };
        match block.kind {
            BlockKind::Build => {
                self.within(self.builds.len())?;
                let digest = reader.take(32)?;
                let section = reader.bytes()?;
                let description = self.described(section)?;
                let description = match self.flags.without_secrets {
                    true => Arc::new(without_secrets(Arc::unwrap_or_clone(description))),
                    false => description,
                };
                if description.build.is_none() {
                    return Err(SnapshotError::new("a module's description", "a host's"));
                }
                self.builds.push(SnapshotBuild {
                    digest: Digest::from_bytes(digest.try_into().unwrap_or_default()),
                    description,
                    section: range(section),
                });
            }
            BlockKind::Group => {
                self.within(self.groups.len())?;
                let [name, module, interface] = [reader.text()?, reader.text()?, reader.text()?];
                if self.groups.iter().any(|group| group.name == name) {
                    let expected = format!("one `{name}`");
                    return Err(SnapshotError::new(expected, "a second"));
                }
                let key = match reader.byte()? {
                    0 => None,
                    _ => {
                        let section = reader.bytes()?;
                        Some(self.key(section, range(section))?)
                    }
                };
                self.groups.push(SnapshotGroup {
                    name: name.to_owned(),
                    module: module.to_owned(),
                    interface: interface.to_owned(),
                    key,
                    instances: Vec::new(),
                    kept: Vec::new(),
                    is_restored: AtomicBool::new(false),
                });
            }
            BlockKind::Base => {
                let file = reader.text()?.to_owned();
                let digest = reader.take(DIGEST)?.try_into().unwrap_or_default();
                if self.base.is_some() || file.is_empty() || file.contains('/') {
                    return Err(SnapshotError::new("one file beside this one", "another"));
                }
                self.base = Some(ContinuedFile { file, digest });
            }
            BlockKind::Kept => {
                let number = usize::try_from(reader.varint()?).ok();
                let group = number.and_then(|number| self.groups.get_mut(number));
                let Some(group) = group.filter(|_| self.base.is_some()) else {
                    return Err(SnapshotError::new("a group that was named", "another"));
                };
                while reader.left() > 0 {
                    group.kept.push(range(reader.bytes()?));
                }
            }
            BlockKind::States => {
                let number = usize::try_from(reader.varint()?).ok();
                let builds = &self.builds;
                let group = number.and_then(|number| self.groups.get_mut(number));
                let Some(group) = group else {
                    return Err(SnapshotError::new("a group that was named", "another"));
                };
                while reader.left() > 0 {
                    let build = reader.varint()?;
                    let of = usize::try_from(build).ok().and_then(|it| builds.get(it));
                    let Some(of) = of else {
                        return Err(SnapshotError::new(
                            "a version that was described",
                            "another",
                        ));
                    };
                    let module = &of.build().module;
                    if *module != group.module
                        || !of
                            .description
                            .implementations
                            .contains_key(&group.interface)
                    {
                        return Err(SnapshotError::new(
                            format!(
                                "a state of `{}` that implements `{}`",
                                group.module, group.interface
                            ),
                            format!("one of `{module}`"),
                        ));
                    }
                    let place = Place {
                        build: build as u32,
                        key: range(reader.bytes()?),
                        state: range(reader.bytes()?),
                    };
                    group.instances.push(place);
                    self.instances += 1;
                }
            }
            BlockKind::Footer => {
                let counts = [
                    ("versions", self.builds.len() as u64),
                    ("groups", self.groups.len() as u64),
                    ("instances", self.instances),
                ];
                for (what, is) in counts {
                    let should = reader.varint()?;
                    if should != is {
                        let expected = format!("{should} {what}, as written");
                        return Err(SnapshotError::new(expected, is.to_string()));
                    }
                }
            }
        }
        match reader.left() {
            0 => Ok(()),
            left => Err(SnapshotError::new(
                "the end of the block",
                format!("{left} bytes more"),
            )),
        }
    }

    fn within(&self, count: usize) -> Result<(), SnapshotError> {
        match count < MOST {
            true => Ok(()),
            false => Err(SnapshotError::new(
                format!("at most {MOST} of these"),
                "more",
            )),
        }
    }

    fn described(&mut self, section: &[u8]) -> Result<Arc<Description>, SnapshotError> {
        match decode_beside(section, "", &mut self.beside) {
            Ok(description) => Ok(Arc::new(description)),
            Err(error) => Err(SnapshotError::new("a description", error.to_string())),
        }
    }

    fn key(&mut self, section: &[u8], at: Range<usize>) -> Result<SnapshotKey, SnapshotError> {
        let description = self.described(section)?;
        let function = description.functions.get(KEY);
        let ty = function.and_then(|it| it.signature.params.first());
        let ty = ty.map(|it| it.ty.clone());
        match ty {
            Some(ty) => Ok(SnapshotKey {
                ty,
                description,
                section: at,
            }),
            None => Err(SnapshotError::new("the description of a key", "another")),
        }
    }
}

/// Bytes of blocks, and where in them each ends.
type Unpacked = (Vec<u8>, Vec<usize>);

/// What the blocks hold, one after the other; `None` if none is compressed.
fn unpacked(blocks: &[Block<'_>]) -> Result<Option<Unpacked>, SnapshotError> {
    if blocks.iter().all(|it| !it.is_packed) {
        return Ok(None);
    }
    let (mut all, mut ends) = (Vec::new(), Vec::new());
    for block in blocks {
        match block.is_packed {
            true => packed::unpack(block.payload, &mut all).map_err(|error| block.fails(error))?,
            false => all.extend_from_slice(block.payload),
        }
        ends.push(all.len());
    }
    Ok(Some((all, ends)))
}
