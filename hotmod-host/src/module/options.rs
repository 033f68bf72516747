//! How an update is done, by the server's choice.

use std::time::Duration;

use crate::call::watch::CallLimits;

/// How an update is done.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use hotmod_host::{CallLimits, OnDeadline, UpdateOptions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let host = hotmod_host::Host::builder().build()?;
/// let game = host.load_untyped("libgame.so")?;
/// let options = UpdateOptions::new()
///     .drain_timeout(Duration::from_secs(5), OnDeadline::Converge)
///     .probation(Duration::from_secs(60), CallLimits::new().panics(0.0));
/// game.update_with("libgame.so", &options)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateOptions {
    pub(crate) deadline: Option<(Duration, OnDeadline)>,
    pub(crate) probation: Option<(Duration, CallLimits)>,
    pub(crate) rehearsal: Option<RehearsalOptions>,
    pub(crate) settle: Option<Duration>,
    pub(crate) longest_pause: Option<Duration>,
    pub(crate) only_at: Option<u64>,
    pub(crate) leave_undone: bool,
}

impl UpdateOptions {
    /// An update that is published and stays.
    #[must_use]
    pub fn new() -> Self {
        UpdateOptions::default()
    }

    /// What to do if calls that began before the publication still run this long after it. They are neither
    /// stopped nor held up, unless [`OnDeadline::Cancel`] says so of those that are suspended.
    #[must_use]
    pub fn drain_timeout(mut self, time: Duration, on_deadline: OnDeadline) -> Self {
        self.deadline = Some((time, on_deadline));
        self
    }

    /// Has the candidate take the live instances to its version in a copy of the process first.
    #[must_use]
    pub fn rehearse(mut self, rehearsal: RehearsalOptions) -> Self {
        self.rehearsal = Some(rehearsal);
        self
    }

    /// Refuses the update if the migration of an instance would keep those that use it waiting for longer than this, by
    /// an estimate. For that the candidate prepares a sample of the live states before it is published, and gives it
    /// up: of each container whose items are made anew, some milliseconds' worth. The states stay as they are, and the
    /// candidate's functions that convert their parts run. [`UpdateReport::pause`](crate::UpdateReport::pause) says
    /// what was found, and so does an event, [`UpdateState::Estimated`](crate::UpdateState::Estimated); with
    /// `Duration::MAX`, that is all that it does.
    ///
    /// The refusal names each container by its path, with the number of its items, what they would take and what to do
    /// about it. A state that is handed over as it is takes no time.
    /// Of the values in [`Lazy`](hotmod::Lazy)s, each of which a call waits for alone, what counts is the one that takes
    /// longest of those that were looked into.
    ///
    /// Looked into are the instances of pools and shared ones, those that are not in use, for no longer than half a
    /// second. Where none of a pool, or not the shared one, could be looked into, or an instance has its owner alone
    /// ([`Instance`](crate::Instance)), nothing can be said, and the update is refused, unless it is
    /// [rehearsed](UpdateOptions::rehearse), in which case the copy of the process has measured them.
    #[must_use]
    pub fn longest_pause(mut self, limit: Duration) -> Self {
        self.longest_pause = Some(limit);
        self
    }

    /// Who pays for the migration of instances: has the update take along those whose locks the host knows, of
    /// pools and shared ones, with the values of their [`Lazy`](hotmod::Lazy)s, once it is published and before it
    /// returns, for no longer than this. [`UpdateReport::settled`](crate::UpdateReport::settled) says what came of it,
    /// and so does an event, [`UpdateState::Settled`](crate::UpdateState::Settled).
    ///
    /// Without it, a sweeper takes them along in the background where there is one
    /// ([`PoolBuilder::sweep_every`](crate::PoolBuilder::sweep_every)), and otherwise the next exclusive use of each
    /// does. Both go on meanwhile. A thread that comes to use an instance while it is taken along waits
    /// until that is done.
    ///
    /// Instances that are in use are waited for; what the updating thread itself uses is not. Other updates and
    /// rollbacks of the module, also one that a [deadline](UpdateOptions::drain_timeout) or a
    /// [probation](UpdateOptions::probation) causes, do not wait for this: it ends when they are published. Of an update that was asked for
    /// ([`Module::request_update`](crate::Module::request_update)), requests for other modules wait for it. All modules
    /// of a transaction share the time.
    ///
    /// A rollback that a deadline or a probation causes settles likewise, for as long, on a thread of its own: there is
    /// none that waits for it.
    #[must_use]
    pub fn settle(mut self, within: Duration) -> Self {
        self.settle = Some(within);
        self
    }

    /// Has the update be refused, before its file is looked at, unless the module has had so many
    /// [publications](crate::Module::publications): it was decided on by what ran then.
    #[must_use]
    pub fn only_at(mut self, publications: u64) -> Self {
        self.only_at = Some(publications);
        self
    }

    /// Has the update be refused if the file is a version that was rolled back, whatever its name: it is not to be taken
    /// up but by one who asks for it. The last 16 are known, and where the host
    /// [keeps that](crate::HostBuilder::state_dir), also those of processes before, and what was being loaded when they
    /// ended. A [`Watch`](crate::Watch) updates in this way.
    #[must_use]
    pub fn leave_undone(mut self) -> Self {
        self.leave_undone = true;
        self
    }

    /// For this time, the calls of the new version are counted and timed, and the update is rolled back if
    /// they exceed a limit.
    #[must_use]
    pub fn probation(mut self, time: Duration, limits: CallLimits) -> Self {
        self.probation = Some((time, limits));
        self
    }
}

/// What to do when calls are still in the old version at the deadline of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDeadline {
    /// The update stays; those calls end in the old version whenever they end.
    Converge,
    /// The update is rolled back.
    RollBack,
    /// The update stays, and calls of `async` exports that are suspended in the old version are cancelled: each is
    /// woken, and its next poll drops the module's future, in the module's own code, and is ready with
    /// [`CallError::Cancelled`](crate::CallError::Cancelled). What they had done by then is done. Those that are
    /// suspended later are cancelled then. A call that runs on a thread is left alone, and a task
    /// (`#[hotmod::task]`) has an end of its own. The future of a caller that neither polls nor drops its own is left, too:
    /// it is [reported](crate::Straggler::is_cancelled), and keeps its version.
    Cancel,
}

/// How a rollback is done.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use hotmod_host::RollbackOptions;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let host = hotmod_host::Host::builder().build()?;
/// let game = host.load_untyped("libgame.so")?;
/// game.update("libgame.so")?;
/// game.rollback_with(&RollbackOptions::new().drain_timeout(Duration::from_secs(5)))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollbackOptions {
    pub(crate) drain_timeout: Option<Duration>,
    pub(crate) settle: Option<Duration>,
    pub(crate) only_at: Option<u64>,
}

impl RollbackOptions {
    /// A rollback that reports when the version that it leaves is drained, however long that takes.
    #[must_use]
    pub fn new() -> Self {
        RollbackOptions::default()
    }

    /// Has the calls reported that are still in the newer version this long after, as
    /// [`Draining`](crate::UpdateState::Draining) with a reason. They are neither stopped nor held up.
    #[must_use]
    pub fn drain_timeout(mut self, time: Duration) -> Self {
        self.drain_timeout = Some(time);
        self
    }

    /// Has [`Module::rollback_with`](crate::Module::rollback_with) be refused unless the module has had so many
    /// [publications](crate::Module::publications): as [`UpdateOptions::only_at`]. Of several modules that are rolled
    /// back together it has no effect.
    #[must_use]
    pub fn only_at(mut self, publications: u64) -> Self {
        self.only_at = Some(publications);
        self
    }

    /// Has the rollback take instances back before it returns, for no longer than this: as
    /// [`UpdateOptions::settle`].
    #[must_use]
    pub fn settle(mut self, within: Duration) -> Self {
        self.settle = Some(within);
        self
    }
}

/// How a candidate is rehearsed: in a copy of the process, it takes the live instances to its
/// version, and runs its functions marked `#[hotmod::after_migrate]` and `#[hotmod::preflight]` on
/// them. If it crashes, aborts, hangs, takes too much memory or does not fit, only the copy ends,
/// and the update is refused with what happened.
///
/// Making the copy holds up the process for as long as the system takes to copy its page tables:
/// some 30 ms for each GiB. Instances that are in a call at that moment are left out. The copy has
/// the process's files and sockets: a migration that uses them, by itself or through a function of
/// the host, uses them for real. The same goes for memory that is shared on purpose (`MAP_SHARED`): a
/// host whose global allocator hands out such memory must not rehearse.
///
/// It takes Linux 5.4 or newer; for where the process cannot be copied, see
/// [`Candidate`](crate::Candidate). The copy has one thread. A function of the host that takes a lock waits
/// in it without end if another thread had that lock when the copy was made, and so does the system's
/// loader if code other than hotmod's was using it then. In both cases the copy ends at its deadline, and
/// the update is refused.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use hotmod_host::{RehearsalOptions, UpdateOptions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let host = hotmod_host::Host::builder().build()?;
/// let game = host.load_untyped("libgame.so")?;
/// let rehearsal = RehearsalOptions::new().timeout(Duration::from_secs(5));
/// println!("{}", game.rehearse("libgame.so", &rehearsal)?);
/// game.update_with("libgame.so", &UpdateOptions::new().rehearse(rehearsal))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RehearsalOptions {
    pub(crate) time: Duration,
    pub(crate) memory: u64,
}

impl Default for RehearsalOptions {
    fn default() -> Self {
        RehearsalOptions {
            time: Duration::from_secs(10),
            memory: 4 << 30,
        }
    }
}

impl RehearsalOptions {
    /// A rehearsal that may take 10 seconds and 4 GiB.
    #[must_use]
    pub fn new() -> Self {
        RehearsalOptions::default()
    }

    /// How long it may take.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// How many bytes of memory the copy may take, besides what the process has already.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }
}
