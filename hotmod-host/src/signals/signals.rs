//! The handle for signals, and the thread that they are passed to.

use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use signal_hook::consts::SIGHUP;
use signal_hook::iterator::Signals as Delivered;

use super::handlers::Handlers;
use super::stopping::{Stop, Stopping};
use crate::host::Host;
use crate::watch::watching::Watch;

/// How long stopping may take: less than the half minute after which Kubernetes kills what it has asked to stop.
const DEADLINE: Duration = Duration::from_secs(25);

/// What a host does about signals, beside what its server does.
///
/// - `SIGHUP`: each [`Watch`] looks at its directory at once ([`Watch::look_now`]).
/// - `SIGTERM`, `SIGINT`: the server is told to stop, and the host stops in order. The next one of them ends the process
///   at once, without anything more, with the exit code 128 + the number of the signal: 143 or 130.
///
/// Handlers that the server had before are called as ever, and it may add others (`signal-hook` and `tokio` both allow
/// for that). In a handler only flags are read and set. The rest is done on a thread of its own, where it may wait.
///
/// There is one of these in a process. Dropping it has the server's own handlers go on alone; where there was none when
/// the first was started, a signal does again what the system does by default.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
///
/// use hotmod_host::{Host, Signals, Watch};
///
/// # struct Server;
/// # impl Server { fn stop_accepting(&self) {} fn wait(&self) {} }
/// # fn serve(_: &Host) -> Server { Server }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::builder().module_dir("modules").build()?;
/// let signals = Signals::builder(&host)
///     .watch(Watch::builder(&host).start()?)
///     .deadline(Duration::from_secs(10))
///     .start()?;
/// let server = serve(&host);
///
/// let stopping = signals.wait(); // until SIGTERM or SIGINT
/// server.stop_accepting();
/// server.wait();
/// println!("{}", stopping.finish());
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping it ends what is done about signals"]
pub struct Signals {
    host: Host,
    deadline: Duration,
    shared: Arc<Shared>,
    handlers: Arc<Handlers>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread and the handle both know.
struct Shared {
    state: Mutex<SignalsState>,
    changed: Condvar,
}

struct SignalsState {
    watches: Vec<Watch>,
    stop: Option<Stop>,
}

/// Chooses what is done about signals.
#[must_use = "a builder does nothing until `start` is called"]
pub struct SignalsBuilder {
    host: Host,
    deadline: Duration,
    watches: Vec<Watch>,
    on_hangup: Box<dyn FnMut() + Send>,
    on_stop: Box<dyn FnMut() + Send>,
}

impl Signals {
    /// Chooses what is done about signals.
    pub fn builder(host: &Host) -> SignalsBuilder {
        SignalsBuilder {
            host: host.clone(),
            deadline: DEADLINE,
            watches: Vec::new(),
            on_hangup: Box::new(|| {}),
            on_stop: Box::new(|| {}),
        }
    }

    /// Waits until the server is to stop.
    pub fn wait(self) -> Stopping {
        let waits = |state: &mut SignalsState| state.stop.is_none();
        let state = self.shared.changed.wait_while(self.shared.lock(), waits);
        drop(state.unwrap_or_else(PoisonError::into_inner));
        self.stop()
    }

    /// Whether the server is to stop.
    pub fn is_stopping(&self) -> bool {
        self.shared.lock().stop.is_some()
    }

    /// Begins to stop, as if a signal had come, if none has.
    pub fn stop(mut self) -> Stopping {
        let (stop, watches) = {
            let mut state = self.shared.lock();
            let asked = Stop {
                signal: None,
                since: Instant::now(),
            };
            let stop = *state.stop.get_or_insert(asked);
            (stop, std::mem::take(&mut state.watches))
        };
        self.handlers.arm();
        self.handlers.stop_listening();
        self.join();
        Stopping {
            stop,
            deadline: self.deadline,
            host: self.host.clone(),
            watches,
            _handlers: self.handlers.clone(),
        }
    }

    fn join(&mut self) {
        // Where what is told drops it, the thread ends after that.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.handlers.stop_listening();
        self.join();
    }
}

impl SignalsBuilder {
    /// A watch, which looks at its directory at once when there is a `SIGHUP`, and ends when the server stops. May be
    /// called for several.
    pub fn watch(mut self, watch: Watch) -> Self {
        self.watches.push(watch);
        self
    }

    /// How long stopping may take, from the signal on: 25 seconds, unless this says otherwise.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = time;
        self
    }

    /// Is told of each `SIGHUP`, after the watches were, on a thread of its own. A panic there ends nothing.
    pub fn on_hangup(mut self, tell: impl FnMut() + Send + 'static) -> Self {
        self.on_hangup = Box::new(tell);
        self
    }

    /// Is told when a signal says that the server is to stop, on the same thread: for a server that waits for something
    /// else than [`Signals::wait`], which returns after this has. A panic there ends nothing.
    pub fn on_stop(mut self, tell: impl FnMut() + Send + 'static) -> Self {
        self.on_stop = Box::new(tell);
        self
    }

    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// If there is one already in this process, or the system allows for no handler or no thread.
    pub fn start(self) -> io::Result<Signals> {
        let (handlers, delivered) = Handlers::new()?;
        let shared = Arc::new(Shared {
            state: Mutex::new(SignalsState {
                watches: self.watches,
                stop: None,
            }),
            changed: Condvar::new(),
        });
        let listening = Listening {
            delivered,
            shared: shared.clone(),
            on_hangup: self.on_hangup,
            on_stop: self.on_stop,
        };
        let thread = thread::Builder::new()
            .name("hotmod-signals".to_owned())
            .spawn(move || listening.run())?;
        Ok(Signals {
            host: self.host,
            deadline: self.deadline,
            shared,
            handlers: Arc::new(handlers),
            thread: Some(thread),
        })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, SignalsState> {
        // Each change of it is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread works with.
struct Listening {
    delivered: Delivered,
    shared: Arc<Shared>,
    on_hangup: Box<dyn FnMut() + Send>,
    on_stop: Box<dyn FnMut() + Send>,
}

impl Listening {
    fn run(mut self) {
        for signal in &mut self.delivered {
            match signal {
                SIGHUP => {
                    self.shared.lock().watches.iter().for_each(Watch::look_now);
                    tell(&mut self.on_hangup);
                }
                signal => {
                    let stop = Stop {
                        signal: Some(signal),
                        since: Instant::now(),
                    };
                    let mut state = self.shared.lock();
                    let is_first = state.stop.is_none();
                    state.stop.get_or_insert(stop);
                    drop(state);
                    self.shared.changed.notify_all();
                    if is_first {
                        tell(&mut self.on_stop);
                    }
                }
            }
        }
    }
}

/// Tells the server, whose panic does not end the thread: the thread's panic hook has told of it.
fn tell(told: &mut Box<dyn FnMut() + Send>) {
    let _ = panic::catch_unwind(AssertUnwindSafe(told));
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("Signals")
            .field("watches", &state.watches)
            .field("deadline", &self.deadline)
            .field("is_stopping", &state.stop.is_some())
            .finish()
    }
}

impl fmt::Debug for SignalsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalsBuilder")
            .field("watches", &self.watches)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
