//! What writes the states of a host, each where and when its turn comes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hotmod::describe::{Description, Type};
use hotmod_file::snapshot::blocks::BlockDigest;
use hotmod_file::snapshot::encoding::{write_behind_len, write_bytes};
use hotmod_file::snapshot::unwritable::cure;
use parking_lot::Mutex;

use super::error::SaveError;
use super::write::{Unwritten, ValueWriter};
use crate::call::slot::{self, Doing};
use crate::image::exports::Exports;
use crate::image::image::Image;
use crate::migrate::at::At;
use crate::uses::gate::CutSink;
use crate::uses::named_states::{NamedKeys, NamedStates, StateByName};

/// How many bytes are taken for the length of a state, which is known when it is written: only one that is larger than
/// 256 MiB is moved for more of them.
const LEN: usize = 4;

/// The instances of a host, by their names.
pub(crate) type NamedGroups = Vec<(String, Arc<dyn NamedStates>)>;

/// What writes the states of a host, on whichever thread.
pub(crate) struct StateWriters {
    pub(super) without_secrets: bool,
    pub(super) groups: Vec<SavedGroup>,
    by_name: HashMap<String, usize>,
    /// By the address of the image, and the interface.
    writers: Mutex<KnownWriters>,
    /// How long the last state was: the next is likely to be as long.
    likely: AtomicUsize,
    /// What calls have given that came before an instance's turn.
    pub(super) given: Mutex<Vec<Result<WrittenState, SaveError>>>,
    /// The keys of what was taken out, each with its group.
    #[cfg(feature = "handoff")]
    removed: Mutex<Vec<Result<RemovedKey, SaveError>>>,
}

/// A key, and its group.
#[cfg(feature = "handoff")]
type RemovedKey = (usize, Vec<u8>);

type KnownWriters = HashMap<(usize, &'static str), Arc<ValueWriter>>;

pub(super) struct SavedGroup {
    name: String,
    interface: &'static str,
    keys: Option<ValueWriter>,
    /// The block that says so.
    pub(super) block: Vec<u8>,
}

/// A state as it is written, and its key, each behind its length.
pub(super) struct WrittenState {
    pub(super) group: usize,
    pub(super) image: &'static Image,
    pub(super) key: Vec<u8>,
    pub(super) state: Vec<u8>,
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

    /// Prepares the writing of the states of a version, so that it takes no lock of the version's later.
    pub(super) fn prepare(&self, group: usize, image: &'static Image) -> Result<(), SaveError> {
        let group = &self.groups[group];
        let writer = self.writer(&group.name, (image, group.interface));
        writer.map(drop)
    }

    /// A state, which a call writes that came before its turn.
    fn written(&self, group: usize, found: &StateByName<'_>) -> Result<WrittenState, SaveError> {
        let mut written = WrittenState {
            group,
            image: found.at.generation.image,
            key: Vec::new(),
            state: Vec::new(),
        };
        self.write_key(group, found.key, &mut written.key)?;
        self.write_state(group, found, &mut written.state, None)?;
        Ok(written)
    }

    /// Writes a state behind its length, and has it be digested meanwhile.
    pub(super) fn write_state(
        &self,
        group: usize,
        found: &StateByName<'_>,
        to: &mut Vec<u8>,
        mut digest: Option<&mut BlockDigest>,
    ) -> Result<(), SaveError> {
        let SavedGroup {
            name, interface, ..
        } = &self.groups[group];
        let generation = found.at.generation;
        let image = generation.image;
        let implementation = image.implementation(interface);
        let writer = self.writer(name, (image, interface))?;
        let likely = self.likely.load(Ordering::Relaxed);
        to.reserve(likely + likely / 8);
        let _entered = slot::enter_at(generation, Doing::Operation, found.at.state);
        let at = At::of(found.at.state.cast());
        let begin = to.len();
        let len = write_behind_len(to, LEN, |to| {
            if let Some(digest) = &mut digest {
                digest.stays_from(to.len());
            }
            let digest = digest.as_deref_mut();
            // SAFETY: the writer is for states of this type at this version, and nothing else uses the state. The module's
            // code refers to values of `Lazy`s at the version of the state only.
            unsafe { writer.write(at, Some(found.values), to, digest) }
        });
        let len =
            len.map_err(|error| unwritable(name, &implementation.state.to_string(), &error))?;
        // It was moved.
        if let Some(digest) = digest
            && to.len() - len > begin + LEN
        {
            digest.changes_from(begin);
        }
        self.likely.store(len, Ordering::Relaxed);
        Ok(())
    }

    /// Writes a key behind its length, as it crosses, which nothing else uses.
    pub(super) fn write_key(
        &self,
        group: usize,
        key: *mut u8,
        to: &mut Vec<u8>,
    ) -> Result<(), SaveError> {
        // Most keys are short.
        write_behind_len(to, 1, |to| self.key_to(group, key, to)).map(drop)
    }

    /// Writes a key, as it crosses, which nothing else uses.
    pub(super) fn written_key(&self, group: usize, key: *mut u8) -> Result<Vec<u8>, SaveError> {
        let mut written = Vec::new();
        self.key_to(group, key, &mut written)?;
        Ok(written)
    }

    fn key_to(&self, group: usize, key: *mut u8, to: &mut Vec<u8>) -> Result<(), SaveError> {
        let SavedGroup { name, keys, .. } = &self.groups[group];
        if let Some(writer) = keys {
            // SAFETY: the pool passes a key as it crosses, which nothing else uses.
            let done = unsafe { writer.write(At::of(key), None, to, None) };
            done.map_err(|error| unwritable(name, "key", &error))?;
        }
        Ok(())
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
        help: LET_GO,
    }
}

/// What to do about a part of a state that something else uses.
pub(super) const LET_GO: &str = "let nothing outside of the state own a part of it, or be in the middle of using it, when it is written; \
     what cannot be so is made anew with #[state(skip)]";
