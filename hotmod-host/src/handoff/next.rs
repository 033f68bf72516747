//! The side of the new process.

use std::fmt::{self, Display};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use hotmod::interface::Interface;
use hotmod_file::Snapshot;
use hotmod_file::snapshot::encoding::{SnapshotReader, write_bytes};

use super::error::HandoffError;
use super::step::HandoffStep;
use super::wire::{GREETING, Says, Wire};
use crate::pool::named::NamedKey;
use crate::pool::pool::Pool;
use crate::snapshot::restore::absent;
use crate::whole::at_path;

/// How long to wait for the running process, each time.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a running server hands over to this process: see [`Handoff::meet`].
pub struct Handoff<'p> {
    wire: Wire,
    described: Snapshot,
    pools: Vec<(String, Box<dyn Receives + 'p>)>,
    /// The names of what ends with the running process.
    left: Vec<String>,
    on_step: Box<dyn Fn(HandoffStep) + 'p>,
}

impl fmt::Debug for Handoff<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handoff")
            .field("from", &self.wire.peer.number())
            .finish_non_exhaustive()
    }
}

/// A pool that instances go to.
trait Receives {
    fn receive(&self, states: &Snapshot) -> Result<(), HandoffError>;

    fn remove(&self, described: &Snapshot, keys: &[&[u8]]) -> Result<(), HandoffError>;
}

impl<K: NamedKey + fmt::Debug, I: Interface + ?Sized + 'static> Receives for &Pool<K, I> {
    fn receive(&self, states: &Snapshot) -> Result<(), HandoffError> {
        let report = self.receive_states(states)?;
        match report.unrestored.first() {
            None => Ok(()),
            Some((key, why)) => Err(HandoffError::Unfit {
                name: self.name().unwrap_or_default().to_owned(),
                reason: format!("{key:?}: {why}"),
            }),
        }
    }

    fn remove(&self, described: &Snapshot, keys: &[&[u8]]) -> Result<(), HandoffError> {
        Ok(self.receive_removed(described, keys)?)
    }
}

impl<'p> Handoff<'p> {
    /// Meets the process that offers its instances at this path. `None` if none does: then this process is the first, or
    /// the last one has left a [snapshot](crate::Snapshots).
    ///
    /// # Errors
    ///
    /// [`HandoffError`] if what is there is no such process, or one of another user.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::net::TcpListener;
    ///
    /// use hotmod_host::{Handoff, HandoffError, Host, Pool, SharedInstance};
    /// # #[hotmod::interface]
    /// # pub trait Room {
    /// #     fn enter(&mut self, name: &str) -> usize;
    /// # }
    /// # #[hotmod::interface]
    /// # pub trait Lobby {
    /// #     fn greet(&mut self, name: &str) -> usize;
    /// # }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let host = Host::builder().build()?;
    /// let room = host.load::<dyn Room>("modules/librooms.so")?;
    /// let lobby = host.load::<dyn Lobby>("modules/liblobby.so")?;
    /// let rooms: Pool<u64, dyn Room> = Pool::builder(&room).name("rooms").build()?;
    /// let (lobby, http) = match Handoff::meet("/run/game/handoff")? {
    ///     Some(mut running) => {
    ///         running.pool(&rooms)?; // in rounds, while the running process serves
    ///         let mut taken = running.take_over(|rest| {
    ///             SharedInstance::builder(&lobby).name("lobby").restore(rest)
    ///         })?;
    ///         let http = taken.socket("http").ok_or("no socket")?;
    ///         (taken.rest, TcpListener::from(http))
    ///     }
    ///     None => {
    ///         let lobby = SharedInstance::builder(&lobby).name("lobby").create("")?;
    ///         (lobby, TcpListener::bind("127.0.0.1:8080")?)
    ///     }
    /// };
    /// # drop((lobby, http));
    /// # Ok(())
    /// # }
    /// ```
    pub fn meet(path: impl AsRef<Path>) -> Result<Option<Self>, HandoffError> {
        let path = path.as_ref();
        let stream = match UnixStream::connect(path) {
            Ok(stream) => stream,
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => return Ok(None),
                _ => return Err(at_path(path, &error).into()),
            },
        };
        let mut wire = Wire::new(stream, PATIENCE)?;
        let (_, greeting) = wire.hear(&[Says::Greets])?;
        if !greeting.starts_with(&GREETING) || greeting.len() != 16 {
            let reason = "a greeting of another version".to_owned();
            return Err(HandoffError::Garbled { reason });
        }
        wire.send(Says::Greets, &greeting, None)?;
        wire.step = "when it was to describe what it has";
        let (_, described) = wire.hear(&[Says::Describes])?;
        Ok(Some(Handoff {
            described: Snapshot::of(described)?,
            wire,
            pools: Vec::new(),
            left: Vec::new(),
            on_step: Box::new(|_| ()),
        }))
    }

    /// What is handed over: the versions, pools and shared instances that the running process has, without states.
    /// [`Snapshot::plan`] says what would become of those.
    pub fn described(&self) -> &Snapshot {
        &self.described
    }

    /// Has this be called at each step.
    pub fn on_step(self, on_step: impl Fn(HandoffStep) + 'p) -> Self {
        Handoff {
            on_step: Box::new(on_step),
            ..self
        }
    }

    /// Has the instances of the pool of this name go to this one, in rounds: most of them while the running process serves.
    /// It is planned at once whether they can.
    ///
    /// # Errors
    ///
    /// [`HandoffError`] if the running process has no such pool, or the keys or the states of a version cannot become those
    /// of this one, with what to write so that they can. Then nothing has changed in either process.
    pub fn pool<K: NamedKey + fmt::Debug, I: Interface + ?Sized + 'static>(
        &mut self,
        pool: &'p Pool<K, I>,
    ) -> Result<(), HandoffError> {
        match pool.plan_to_receive(&self.described) {
            Ok(name) => {
                self.pools.push((name.to_owned(), Box::new(pool)));
                Ok(())
            }
            Err(error) => {
                let error = HandoffError::from(error);
                self.wire.give_up(&error);
                Err(error)
            }
        }
    }

    /// Leaves what the running process has under this name behind: it ends with that process. For a pool or a shared
    /// instance that this server no longer has.
    ///
    /// # Errors
    ///
    /// [`HandoffError`] if the running process has nothing of this name. Then nothing has changed in either process.
    pub fn leave_behind(&mut self, name: &str) -> Result<(), HandoffError> {
        if self.described.group(name).is_none() {
            let error = HandoffError::from(absent(&self.described, name));
            self.wire.give_up(&error);
            return Err(error);
        }
        self.left.push(name.to_owned());
        Ok(())
    }

    /// Takes everything over. `rest` makes what does not go to a [`pool`](Handoff::pool) of the snapshot that it is given,
    /// while uses of instances wait in the running process; when it has returned, that process is told that it may end. If
    /// this returns `Ok`, this process has to serve, and the running one does not.
    ///
    /// # Errors
    ///
    /// [`HandoffError`] if that came to nothing, `rest` failed, or instances would be lost: those under a name that neither
    /// goes to a pool, nor was restored by `rest`, each of them, nor is [left behind](Handoff::leave_behind). What does not fit
    /// is not lost where [`keep_unfit`](crate::RestoreReport::keep_unfit) has written it to a file. The running process goes on,
    /// and this one must not serve what it has received.
    pub fn take_over<T, E: Display>(
        mut self,
        rest: impl FnOnce(&Snapshot) -> Result<T, E>,
    ) -> Result<TakenOver<T>, HandoffError> {
        match self.until_ready(rest) {
            Ok((rest, sockets)) => self.begin(rest, sockets),
            Err(error) => {
                let error = self.wire.explain(error);
                self.wire.give_up(&error);
                Err(error)
            }
        }
    }

    fn until_ready<T, E: Display>(
        &mut self,
        rest: impl FnOnce(&Snapshot) -> Result<T, E>,
    ) -> Result<(T, Vec<(String, OwnedFd)>), HandoffError> {
        let mut names = Vec::new();
        for (name, _) in &self.pools {
            write_bytes(&mut names, name.as_bytes());
        }
        self.wire.send(Says::Plans, &names, None)?;
        (self.on_step)(HandoffStep::Planned);
        self.wire.step = "in rounds";
        let mut sockets = Vec::new();
        let (mut number, mut instances) = (0, 0);
        loop {
            let expected = [
                Says::Removed,
                Says::States,
                Says::RoundEnds,
                Says::Socket,
                Says::Rest,
            ];
            let (says, bytes) = self.wire.hear(&expected)?;
            match says {
                Says::Removed => self.removed(&bytes)?,
                Says::States => {
                    let states = Snapshot::of(bytes)?;
                    for (name, pool) in &self.pools {
                        if let Some(group) = states.group(name).filter(|it| !it.is_empty()) {
                            instances += group.len() as u64;
                            pool.receive(&states)?;
                        }
                    }
                }
                Says::RoundEnds => {
                    number += 1;
                    (self.on_step)(HandoffStep::Round { number, instances });
                    instances = 0;
                    self.wire.say(Says::Follows)?;
                }
                Says::Socket => {
                    let name = String::from_utf8_lossy(&bytes).into_owned();
                    sockets.push((name, self.wire.file()?));
                }
                _ => {
                    let snapshot = Snapshot::of(bytes)?;
                    let made = rest(&snapshot).map_err(|error| HandoffError::GivenUp {
                        reason: error.to_string(),
                    })?;
                    self.nothing_is_lost(&snapshot)?;
                    return Ok((made, sockets));
                }
            }
        }
    }

    /// Refuses if something that did not go to pools went nowhere, or not whole.
    fn nothing_is_lost(&self, rest: &Snapshot) -> Result<(), HandoffError> {
        let lost = rest
            .groups()
            .iter()
            .find(|it| !it.is_empty() && !it.is_restored() && !self.left.contains(&it.name));
        match lost {
            None => Ok(()),
            Some(group) => Err(HandoffError::Untaken {
                name: group.name.clone(),
                instances: group.len(),
            }),
        }
    }

    fn removed(&self, bytes: &[u8]) -> Result<(), HandoffError> {
        let mut reader = SnapshotReader::new(bytes);
        let mut removed = Vec::new();
        while reader.left() > 0 {
            removed.push((reader.text()?, reader.bytes()?));
        }
        for (name, pool) in &self.pools {
            let keys = removed.iter().filter(|(of, _)| of == name);
            let keys: Vec<&[u8]> = keys.map(|(_, key)| *key).collect();
            if !keys.is_empty() {
                pool.remove(&self.described, &keys)?;
            }
        }
        Ok(())
    }

    fn begin<T>(
        mut self,
        rest: T,
        sockets: Vec<(String, OwnedFd)>,
    ) -> Result<TakenOver<T>, HandoffError> {
        (self.on_step)(HandoffStep::Ready);
        self.wire.step = "when this process was to begin";
        let told = self.wire.say(Says::Ready);
        let told = told.and_then(|()| self.wire.hear(&[Says::Gives]));
        match told.map_err(|error| self.wire.explain(error)) {
            Ok(_) => (self.on_step)(HandoffStep::Given),
            // It has ended, and since this was ready it has used nothing: it would have said so first.
            Err(HandoffError::Lost { .. }) if self.wire.is_closed() && self.wire.has_ended()? => {}
            Err(error) => return Err(error),
        }
        // This fails if the process before has ended. Then there is nobody to be told.
        let _ = self.wire.say(Says::Takes);
        (self.on_step)(HandoffStep::Taken);
        Ok(TakenOver {
            rest,
            sockets,
            wire: self.wire,
        })
    }
}

/// What was taken over: this process serves.
#[derive(Debug)]
#[non_exhaustive]
pub struct TakenOver<T> {
    /// What was made of the instances that did not go to pools in rounds.
    pub rest: T,
    sockets: Vec<(String, OwnedFd)>,
    wire: Wire,
}

/// A connection that the process before has passed on.
#[derive(Debug)]
#[non_exhaustive]
pub struct PassedSocket {
    /// Its name.
    pub name: String,
    /// The connection.
    pub socket: OwnedFd,
    /// What was read of it already.
    pub read: Vec<u8>,
}

impl<T> TakenOver<T> {
    /// The socket that came under this name.
    pub fn socket(&mut self, name: &str) -> Option<OwnedFd> {
        let place = self.sockets.iter().position(|(known, _)| known == name)?;
        Some(self.sockets.remove(place).1)
    }

    /// The next connection that the process before passes on. `None` once that has ended.
    ///
    /// # Errors
    ///
    /// [`HandoffError`] if nothing comes for a minute.
    pub fn passed(&mut self) -> Result<Option<PassedSocket>, HandoffError> {
        let bytes = match self.wire.hear(&[Says::Passes]) {
            Ok((_, bytes)) => bytes,
            Err(HandoffError::Lost { .. }) if self.wire.is_closed() => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut reader = SnapshotReader::new(&bytes);
        let name = reader.text()?.to_owned();
        Ok(Some(PassedSocket {
            name,
            read: reader.take(reader.left())?.to_vec(),
            socket: self.wire.file()?,
        }))
    }

    /// Waits until the process before has ended, no longer than this. Whether it has.
    ///
    /// # Errors
    ///
    /// If the system cannot say.
    pub fn is_alone(&self, within: Duration) -> io::Result<bool> {
        self.wire.peer.has_ended(within)
    }
}
