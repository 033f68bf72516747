//! Writes the states of a host down.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use hotmod::describe::{Description, Type};
use hotmod_file::snapshot::blocks::{BlockKind, BlockWriter};
use hotmod_file::snapshot::encoding::{write_bytes, write_varint64};

use super::error::SaveError;
use super::write::{Unwritten, ValueWriter};
use crate::call::slot::{self, Doing};
use crate::host::Host;
use crate::image::exports::Exports;
use crate::image::image::Image;
use crate::migrate::at::At;
use crate::uses::named_states::{NamedKeys, NamedStates, StateByName};
use crate::whole::WholeFile;

/// How many bytes of states go into a block before another one is begun. A state is in one block, however large.
pub(super) const BLOCK: usize = 256 << 10;

/// What was written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SaveReport {
    /// How many pools and shared instances.
    pub groups: u64,
    /// How many instances.
    pub instances: u64,
    /// How many bytes.
    pub bytes: u64,
}

impl Host {
    /// Writes the states of all pools and shared instances that have a name to a file, which takes the place of the one
    /// that was there once it is whole and on the disk. Only the user of this process may read it.
    ///
    /// Each instance is used exclusively while it is written, and is written whole; instances are written one after the
    /// other, so calls that change two of them may come between. An instance is written at the version that it is at.
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
        whole_file(file.as_ref(), |to| self.snapshot_to(to))
    }

    /// As [`snapshot`](Host::snapshot), to anything that can be written to, which it gives back. What was written has no
    /// meaning if this fails.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn snapshot_to<W: Write>(&self, to: W) -> Result<(W, SaveReport), SaveError> {
        let mut saving = Saving {
            to: BlockWriter::begin(to)?,
            builds: HashMap::new(),
            writers: HashMap::new(),
            report: SaveReport::default(),
        };
        for (name, states) in self.settings.states.all() {
            saving.group(&name, &*states)?;
        }
        saving.finish()
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

/// A snapshot that is being written.
struct Saving<W> {
    to: BlockWriter<W>,
    /// The number of each version, by the image.
    builds: HashMap<*const Image, u64>,
    /// What writes states, by the image and the interface.
    writers: HashMap<(*const Image, &'static str), ValueWriter>,
    report: SaveReport,
}

/// States on their way to a block.
struct StatesBlock {
    group: u64,
    bytes: Vec<u8>,
}

impl StatesBlock {
    fn of(group: u64) -> Self {
        let mut bytes = Vec::new();
        write_varint64(&mut bytes, group);
        StatesBlock { group, bytes }
    }
}

impl<W: Write> Saving<W> {
    fn group(&mut self, name: &str, states: &dyn NamedStates) -> Result<(), SaveError> {
        let (keys, interface) = (states.keys(), states.interface());
        let key_writer = keys
            .as_ref()
            .map(|keys| key_writer(name, keys))
            .transpose()?;
        let mut group = Vec::new();
        write_bytes(&mut group, name.as_bytes());
        write_bytes(&mut group, states.module().as_bytes());
        write_bytes(&mut group, interface.as_bytes());
        group.push(keys.is_some().into());
        if let Some(keys) = &keys {
            write_bytes(&mut group, &keys.section);
        }
        self.to.block(BlockKind::Group, &group)?;
        let mut block = StatesBlock::of(self.report.groups);
        self.report.groups += 1;
        let (mut key, mut state) = (Vec::new(), Vec::new());
        let mut failed = None;
        let used_here = states.each(&mut |found| {
            key.clear();
            state.clear();
            let written = self.instance(name, interface, &found, &mut state);
            let written = written.and_then(|build| {
                if let Some(writer) = &key_writer {
                    // SAFETY: the pool passes a key as it crosses, which nothing else uses.
                    let written = unsafe { writer.write(At::of(found.key), None, &mut key) };
                    written.map_err(|error| unwritable(name, "key", &error))?;
                }
                write_varint64(&mut block.bytes, build);
                write_bytes(&mut block.bytes, &key);
                write_bytes(&mut block.bytes, &state);
                self.report.instances += 1;
                if block.bytes.len() >= BLOCK {
                    self.states(&mut block)?;
                }
                Ok(())
            });
            failed = written.err();
            failed.is_none()
        });
        if used_here.is_err() {
            let name = name.to_owned();
            return Err(SaveError::InUseByThisThread { name });
        }
        match failed {
            Some(error) => Err(error),
            None => self.states(&mut block),
        }
    }

    /// Writes a block of states, and begins another.
    fn states(&mut self, block: &mut StatesBlock) -> Result<(), SaveError> {
        let empty = StatesBlock::of(block.group);
        if block.bytes.len() > empty.bytes.len() {
            self.to.block(BlockKind::States, &block.bytes)?;
            *block = empty;
        }
        Ok(())
    }

    /// Writes a state, and gives the number of its version.
    fn instance(
        &mut self,
        name: &str,
        interface: &'static str,
        found: &StateByName<'_>,
        to: &mut Vec<u8>,
    ) -> Result<u64, SaveError> {
        let generation = found.at.generation;
        let image = generation.image;
        let number = self.build(image)?;
        let implementation = image.implementation(interface);
        let (ty, operations) = (&implementation.state, implementation.table.operations());
        let writer = match self.writers.entry((image, interface)) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(unknown) => {
                let exports = image.exports();
                refuse_unwritable(name, &exports.manifest, ty)?;
                unknown.insert(ValueWriter::new(&exports, ty, operations))
            }
        };
        let _entered = slot::enter_at(generation, Doing::Operation, found.at.state);
        let at = At::of(found.at.state.cast());
        // SAFETY: the writer is for states of this type at this version, and nothing else uses the state. The module's
        // code refers to values of `Lazy`s at the version of the state only.
        let written = unsafe { writer.write(at, Some(found.values), to) };
        match written {
            Ok(()) => Ok(number),
            Err(error) => Err(unwritable(name, &ty.to_string(), &error)),
        }
    }

    /// The number of a version, whose description is written the first time.
    fn build(&mut self, image: &'static Image) -> Result<u64, SaveError> {
        if let Some(number) = self.builds.get(&std::ptr::from_ref(image)) {
            return Ok(*number);
        }
        let number = self.builds.len() as u64;
        let mut build = image.digest.as_bytes().to_vec();
        write_bytes(&mut build, image.section());
        self.to.block(BlockKind::Build, &build)?;
        self.builds.insert(image, number);
        Ok(number)
    }

    fn finish(self) -> Result<(W, SaveReport), SaveError> {
        let mut says = Vec::new();
        write_varint64(&mut says, self.builds.len() as u64);
        write_varint64(&mut says, self.report.groups);
        write_varint64(&mut says, self.report.instances);
        let (to, bytes) = self.to.finish(&says)?;
        Ok((
            to,
            SaveReport {
                bytes,
                ..self.report
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
    })?;
    refuse_unwritable(name, &described, &keys.ty)?;
    let exports = Exports::of_host(described.into());
    Ok(ValueWriter::new(&exports, &keys.ty, keys.operations))
}

/// Fails with the first field that cannot be written of any value.
fn refuse_unwritable(name: &str, of: &Description, ty: &Type) -> Result<(), SaveError> {
    match ValueWriter::unwritable(of, ty) {
        Some((path, ty)) => Err(SaveError::Unwritable {
            name: name.to_owned(),
            path,
            reason: format!("a `{ty}` cannot be written"),
        }),
        None => Ok(()),
    }
}

pub(super) fn unwritable(name: &str, of: &str, error: &Unwritten) -> SaveError {
    SaveError::Unwritable {
        name: name.to_owned(),
        path: format!("{of}{}", error.path()),
        reason: error.reason.clone(),
    }
}
