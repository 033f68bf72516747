//! Writes the states of a host down, as of one moment, by this process or a copy of it.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use hotmod_file::snapshot::blocks::{BlockStream, BlockTarget};

use super::copied;
use super::error::SaveError;
use super::save::{
    Continued, SaveReport, Saved, Saving, SnapshotOptions, find_moment, refuse_within_use,
    whole_file,
};
use super::state_writers::StateWriters;
use crate::host::Host;
use crate::sys::copy;
use crate::uses::gate::next_round;
use crate::uses::named_states::Which;

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
        whole_file(file, |to| {
            let (to, saved) = self.save_to(BlockStream::new(to), options, continued)?;
            Ok((to.into_inner(), saved))
        })
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
        let (to, saved) = self.save_to(BlockStream::new(to), options, None)?;
        Ok((to.into_inner(), saved.report))
    }

    /// As [`snapshot`](Host::snapshot), behind what is in this memory, which it gives back. States are written where they
    /// stay, and copied nowhere.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn snapshot_to_memory(
        &self,
        to: Vec<u8>,
        options: SnapshotOptions,
    ) -> Result<(Vec<u8>, SaveReport), SaveError> {
        let (to, saved) = self.save_to(to, options, None)?;
        Ok((to, saved.report))
    }

    fn save_to<T: BlockTarget>(
        &self,
        to: T,
        options: SnapshotOptions,
        continued: Option<&Continued>,
    ) -> Result<(T, Saved), SaveError> {
        // A copy has no thread besides, for which calls would have to go on.
        if let Some(limit) = options.fork
            && !copy::is_this()
        {
            return copied::save(self, to, (options, limit), continued);
        }
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
