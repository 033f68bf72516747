//! The side of the process that runs.

use std::fmt;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hotmod_file::snapshot::encoding::{SnapshotReader, write_bytes};

use super::error::HandoffError;
use super::step::HandoffStep;
use super::wire::{GREETING, Says, Wire};
use crate::host::Host;
use crate::module::settings::Settings;
use crate::snapshot::save::{Saving, find_moment};
use crate::snapshot::state_writers::{NamedGroups, StateWriters};
use crate::sys::path_lock::PathLock;
use crate::uses::gate::{GateTurn, next_round};
use crate::uses::named_states::Which;
use crate::whole::at_path;

/// The most rounds while calls go on.
const ROUNDS: u32 = 8;

/// A round that took no longer than this is short enough to be followed by the last one.
const SHORT: Duration = Duration::from_millis(20);

type OnStep = Box<dyn Fn(HandoffStep) + Send + Sync>;

/// A running server's readiness to hand its instances over to the next process: see [`Host::offer_handoff`].
pub struct HandoffOffer {
    settings: Arc<Settings>,
    listener: UnixListener,
    path: PathBuf,
    /// Of the socket at the path.
    inode: u64,
    /// Whether the other process serves, so that the path is for that to listen at.
    is_over: AtomicBool,
    sockets: Vec<(String, OwnedFd)>,
    patience: Duration,
    pause: Duration,
    on_step: OnStep,
}

impl fmt::Debug for HandoffOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandoffOffer")
            .field("path", &self.path)
            .field("sockets", &self.sockets)
            .finish_non_exhaustive()
    }
}

impl Host {
    /// Offers the instances of all pools and shared instances that have a name to the process that takes this one's
    /// place: it meets this one at a unix socket, which only processes of the same user may use, and which takes the place
    /// of what is at the path. [`HandoffOffer::wait`] waits for that process.
    ///
    /// # Errors
    ///
    /// If the socket cannot be made.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::net::TcpListener;
    ///
    /// use hotmod_host::Host;
    ///
    /// fn hand_over(host: &Host, http: &TcpListener) -> std::io::Result<()> {
    ///     let offer = host.offer_handoff("/run/game/handoff")?.socket("http", http)?;
    ///     loop {
    ///         match offer.wait() {
    ///             Ok(_next) => std::process::exit(0),       // it serves now
    ///             Err(error) => eprintln!("{error}"),       // this one goes on
    ///         }
    ///     }
    /// }
    /// ```
    pub fn offer_handoff(&self, path: impl Into<PathBuf>) -> io::Result<HandoffOffer> {
        let path = path.into();
        let (listener, inode) = listen(&path).map_err(|error| at_path(&path, &error))?;
        Ok(HandoffOffer {
            settings: self.settings.clone(),
            listener,
            inode,
            is_over: AtomicBool::new(false),
            path,
            sockets: Vec::new(),
            patience: Duration::from_secs(60),
            pause: Duration::from_secs(5),
            on_step: Box::new(|_| ()),
        })
    }
}

/// Listens at a path, in place of what is there. Gives the number of the socket's file, too.
fn listen(path: &Path) -> io::Result<(UnixListener, u64)> {
    let unique = RandomState::new().hash_one(std::process::id());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{unique:x}"));
    let beside = path.with_file_name(name);
    let listener = UnixListener::bind(&beside)?;
    let placed = place(&beside, path);
    if placed.is_err() {
        let _ = fs::remove_file(&beside);
    }
    Ok((listener, placed?))
}

/// Has a socket's file be at a path, for this user alone.
fn place(beside: &Path, path: &Path) -> io::Result<u64> {
    fs::set_permissions(beside, fs::Permissions::from_mode(0o600))?;
    let inode = fs::metadata(beside)?.ino();
    // Another process may be about to remove its own.
    let _lock = PathLock::wait(path)?;
    fs::rename(beside, path)?;
    Ok(inode)
}

impl HandoffOffer {
    /// Has a socket go over too, under a name: one that listens, or a connection. Both processes have it then, so this one
    /// has to stop accepting once it has handed over. What a connection's encryption knows does not go over.
    ///
    /// # Errors
    ///
    /// If the process may have no more open files.
    pub fn socket(mut self, name: impl Into<String>, socket: &impl AsFd) -> io::Result<Self> {
        let socket = socket.as_fd().try_clone_to_owned()?;
        self.sockets.push((name.into(), socket));
        Ok(self)
    }

    /// How long to wait for the other process, each time that it has to answer; a minute by default.
    pub fn patience(mut self, patience: Duration) -> Self {
        // The system takes none for endless.
        self.patience = patience.max(Duration::from_millis(1));
        self
    }

    /// How long uses of instances may wait in the end, until the other process has everything. After that, the handoff is
    /// given up. 5 seconds by default.
    pub fn longest_pause(mut self, pause: Duration) -> Self {
        self.pause = pause.max(Duration::from_millis(1));
        self
    }

    /// Has this be called at each step, on the thread that waits.
    pub fn on_step(mut self, on_step: impl Fn(HandoffStep) + Send + Sync + 'static) -> Self {
        self.on_step = Box::new(on_step);
        self
    }

    /// Waits until another process comes, and hands everything over to it: first all instances while calls go on, again
    /// and again those that have changed, and a last few while uses of instances wait.
    ///
    /// If this returns `Ok`, the other process serves: uses of instances fail with
    /// [`PoolError::HandedOver`](crate::PoolError::HandedOver) here, and this process has to end. Requests that come upon
    /// that can be answered by asking the other process.
    ///
    /// # Errors
    ///
    /// [`HandoffError`] if that came to nothing. Then this process serves as if nothing had been, and may wait for another.
    pub fn wait(&self) -> Result<NextProcess, HandoffError> {
        let (stream, _) = self.listener.accept()?;
        let mut wire = Wire::new(stream, self.patience)?;
        let turn = self.settings.gate.turn();
        let ready = self.until_ready(&mut wire, &turn);
        self.settings.gate.watch(None);
        if let Err(error) = ready {
            let error = wire.explain(error);
            // Nothing that the other one has becomes of use before it knows that, or has ended.
            if !wire.give_up(&error) && !wire.is_closed() {
                wire.prove_end(self.patience)?;
            }
            return Err(error);
        }
        (self.on_step)(HandoffStep::Ready);
        wire.step = "when it was to begin";
        let taken = wire.say(Says::Gives);
        (self.on_step)(HandoffStep::Given);
        let taken = taken.and_then(|()| wire.hear(&[Says::Takes]).map(drop));
        if let Err(error) = taken {
            // It may have begun. Only its end says that it has not, and what it said before that.
            wire.prove_end(self.patience)?;
            if wire.hear(&[Says::Takes]).is_err() {
                return Err(error);
            }
        }
        turn.end();
        self.is_over.store(true, Ordering::Relaxed);
        (self.on_step)(HandoffStep::Taken);
        Ok(NextProcess { wire })
    }

    fn until_ready(&self, wire: &mut Wire, turn: &GateTurn<'_>) -> Result<(), HandoffError> {
        // What it answers was said after it was looked up as a process, so it is that one.
        let number = RandomState::new().hash_one(wire.peer.number());
        let greeting = [GREETING, number.to_le_bytes()].concat();
        wire.send(Says::Greets, &greeting, None)?;
        if wire.hear(&[Says::Greets])?.1 != greeting {
            let reason = "a greeting of another version".to_owned();
            return Err(HandoffError::Garbled { reason });
        }
        (self.on_step)(HandoffStep::Met);
        wire.step = "when it was to plan";
        let named = self.settings.states.all();
        let writers = Arc::new(StateWriters::new(&named, false)?);
        let mut described = Saving::begin(Vec::new(), &named, &writers, (false, None))?;
        described.versions(&named);
        wire.send(Says::Describes, &described.finish(0)?.0, None)?;
        let (_, plans) = wire.hear(&[Says::Plans])?;
        let in_rounds = in_rounds(&plans, &named)?;
        (self.on_step)(HandoffStep::Planned);
        wire.step = "in rounds";

        self.settings.gate.watch(Some(writers.clone()));
        let mut rounds = Rounds {
            wire,
            named: &named,
            writers: &writers,
            in_rounds,
            since: 0,
        };
        let mut before = u64::MAX;
        for number in 1..=ROUNDS {
            let start = Instant::now();
            let instances = rounds.round()?;
            rounds.wire.say(Says::RoundEnds)?;
            rounds.wire.hear(&[Says::Follows])?;
            (self.on_step)(HandoffStep::Round { number, instances });
            // As long as each is much shorter than the one before.
            if start.elapsed() < SHORT || number > 1 && instances > before / 2 {
                break;
            }
            before = instances;
        }
        find_moment(turn, self.patience)?;
        (self.on_step)(HandoffStep::Closed);
        rounds.wire.step = "when uses of instances waited";
        rounds.wire.be_patient(self.pause)?;
        rounds.round()?;
        let rest = rounds.rest()?;
        for (name, socket) in &self.sockets {
            wire.send(Says::Socket, name.as_bytes(), Some(socket.as_fd()))?;
        }
        wire.send(Says::Rest, &rest, None)?;
        wire.hear(&[Says::Ready])?;
        Ok(())
    }
}

impl Drop for HandoffOffer {
    fn drop(&mut self) {
        // The process that serves now listens there, or is about to.
        if *self.is_over.get_mut() {
            return;
        }
        // Another process may have been started without a handoff: the path is left to it, also while it is taking the path.
        // Where the lock cannot be had, this offer's socket file is left; who connects to it is refused, as if it were not there.
        let Ok(Some(_lock)) = PathLock::try_now(&self.path) else {
            return;
        };
        let is_own = fs::metadata(&self.path).is_ok_and(|there| there.ino() == self.inode);
        if is_own {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Which groups the other process takes in rounds.
fn in_rounds(plans: &[u8], named: &NamedGroups) -> Result<Vec<bool>, HandoffError> {
    let mut is_in = vec![false; named.len()];
    let mut reader = SnapshotReader::new(plans);
    while reader.left() > 0 {
        let name = reader.text()?;
        let group = named.iter().position(|(known, _)| known == name);
        let group = group.ok_or_else(|| HandoffError::Garbled {
            reason: format!("there is no `{name}` to be handed over"),
        })?;
        is_in[group] = true;
    }
    Ok(is_in)
}

/// The rounds in which instances go over.
struct Rounds<'r> {
    wire: &'r mut Wire,
    named: &'r NamedGroups,
    writers: &'r Arc<StateWriters>,
    in_rounds: Vec<bool>,
    /// The round that began before the last one looked at any instance.
    since: u64,
}

impl Rounds<'_> {
    /// Sends what has changed since the last one. How many instances that were.
    fn round(&mut self) -> Result<u64, HandoffError> {
        let next = next_round();
        let mut removed = Vec::new();
        for (group, key) in self.writers.take_removed()? {
            if self.in_rounds[group] {
                write_bytes(&mut removed, self.named[group].0.as_bytes());
                write_bytes(&mut removed, &key);
            }
        }
        self.wire.send(Says::Removed, &removed, None)?;
        let mut instances = 0;
        for group in 0..self.named.len() {
            if !self.in_rounds[group] {
                continue;
            }
            let (mut from, mut is_last) = (0, false);
            while !is_last {
                let mut saving =
                    Saving::begin(Vec::new(), self.named, self.writers, (false, None))?;
                is_last = saving.some_blocks(
                    self.named,
                    group,
                    Which::ChangedSince(self.since),
                    &mut from,
                )?;
                let (bytes, saved) = saving.finish(0)?;
                if saved.report.instances > 0 {
                    instances += saved.report.instances;
                    self.wire.send(Says::States, &bytes, None)?;
                }
            }
        }
        self.since = next;
        Ok(instances)
    }

    /// What does not go over in rounds. No instance is used meanwhile.
    fn rest(&self) -> Result<Vec<u8>, HandoffError> {
        let mut saving = Saving::begin(Vec::new(), self.named, self.writers, (false, None))?;
        for group in 0..self.named.len() {
            let mut from = 0;
            while !self.in_rounds[group]
                && !saving.some(self.named, group, Which::All, &mut from)?
            {}
        }
        Ok(saving.finish(0)?.0)
    }
}

/// What was handed over: the other process serves. Until this is dropped, or this process ends, connections that it still
/// has can be passed to the other one.
#[derive(Debug)]
pub struct NextProcess {
    wire: Wire,
}

impl NextProcess {
    /// The number of the process that serves now.
    pub fn process(&self) -> u32 {
        self.wire.peer.number()
    }

    /// Passes a connection to the other process, with what was read of it already:
    /// [`TakenOver::passed`](crate::TakenOver::passed) gives both there.
    ///
    /// # Errors
    ///
    /// [`HandoffError`] if the other process does not take it.
    pub fn pass(
        &mut self,
        name: &str,
        socket: &impl AsFd,
        read: &[u8],
    ) -> Result<(), HandoffError> {
        let mut bytes = Vec::new();
        write_bytes(&mut bytes, name.as_bytes());
        bytes.extend_from_slice(read);
        self.wire.send(Says::Passes, &bytes, Some(socket.as_fd()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::next::Handoff;

    #[test]
    fn the_path_is_left_to_the_process_that_serves() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("handoff");
        let host = Host::builder().build().expect("a host");
        let offer = host.offer_handoff(&path).expect("a socket");
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| offer.wait().map(drop));
            let running = Handoff::meet(&path).expect("an answer");
            let running = running.expect("a process that offers");
            let taken = running.take_over(|_| Ok::<_, HandoffError>(()));
            taken.expect("nothing stands in the way");
            waits.join().expect("a thread").expect("it is taken");
        });
        drop(offer);
        assert!(path.exists(), "what lies there may be of the other process");
        // One that has handed nothing over takes its socket away.
        drop(host.offer_handoff(&path).expect("a socket"));
        assert!(!path.exists());
    }

    #[test]
    fn the_path_is_left_to_a_process_that_comes_at_the_same_time() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("handoff");
        let host = Host::builder().build().expect("a host");
        let offer = || host.offer_handoff(&path).expect("a socket");
        let mut last = offer();
        for _ in 0..200 {
            last = std::thread::scope(|scope| {
                scope.spawn(|| drop(last));
                offer()
            });
            let there = fs::metadata(&path).expect("the socket that came last");
            assert_eq!(there.ino(), last.inode);
        }
        // One that is in the middle of it.
        let lock = PathLock::wait(&path).expect("a lock");
        drop(last);
        assert!(path.exists());
        drop(lock);
        drop(offer());
        let left = fs::read_dir(directory.path()).expect("a directory");
        assert_eq!(left.count(), 0);
    }
}
