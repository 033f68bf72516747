//! What runs in the handlers of signals: flags are read and set, and nothing else.
//!
//! `signal-hook` calls the handlers that the server had before, and adds actions to one of its own, which stays for as
//! long as the process lives. So what the system does with a signal by default is gone from then on, and is done in its
//! place where nothing here listens.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::{Handle, Signals as Delivered};
use signal_hook::low_level::unregister;

use crate::sys::signal;

/// The signals that stop a server.
const STOPS: [i32; 2] = [SIGTERM, SIGINT];

/// Of each signal that nothing handled when it was first asked for: whether to do what the system would.
static DEFAULTS: Mutex<Defaults> = Mutex::new(Defaults {
    is_taken: false,
    of: BTreeMap::new(),
});

struct Defaults {
    /// Whether some handlers are there.
    is_taken: bool,
    of: BTreeMap<i32, Arc<AtomicBool>>,
}

/// The handlers of this process, until this is dropped.
pub(super) struct Handlers {
    ids: Vec<SigId>,
    listener: Handle,
    /// Whether the next signal that stops a server ends the process at once.
    is_armed: Arc<AtomicBool>,
}

impl Handlers {
    /// Adds them. Signals are passed to a thread by what is given beside.
    pub(super) fn new() -> io::Result<(Self, Delivered)> {
        let mut defaults = defaults();
        if defaults.is_taken {
            let text = "this process handles signals by `Signals` already\n  help: one is enough for all watches; to \
                        begin anew, drop it first";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        // Registered first, so that it is asked first; and done until the others are there.
        for number in STOPS.into_iter().chain([SIGHUP]) {
            if signal::is_default(number)? {
                let is_default = Arc::new(AtomicBool::new(true));
                flag::register_conditional_default(number, is_default.clone())?;
                defaults.of.insert(number, is_default);
            }
        }
        let delivered = Delivered::new([SIGHUP])?;
        defaults.is_taken = true;
        drop(defaults);
        // What fails from here on is undone when this is dropped.
        let mut handlers = Handlers {
            ids: Vec::new(),
            listener: delivered.handle(),
            is_armed: Arc::default(),
        };
        for number in STOPS {
            // In this order: the signal that arms it goes by it unarmed.
            let (armed, code) = (handlers.is_armed.clone(), 128 + number);
            let id = flag::register_conditional_shutdown(number, code, armed)?;
            handlers.ids.push(id);
            let id = flag::register(number, handlers.is_armed.clone())?;
            handlers.ids.push(id);
            // Last, so that what hears of it finds it armed.
            delivered.add_signal(number)?;
        }
        self::defaults().are_done(false);
        Ok((handlers, delivered))
    }

    /// Has the next signal that stops a server end the process, as if one had come.
    pub(super) fn arm(&self) {
        self.is_armed.store(true, Ordering::SeqCst);
    }

    /// Passes no more signals to the thread. One that stops a server still ends the process if it is armed.
    pub(super) fn stop_listening(&self) {
        self.listener.close();
    }
}

impl Drop for Handlers {
    fn drop(&mut self) {
        let mut defaults = defaults();
        defaults.is_taken = false;
        // Before the others go: no signal is lost in between.
        defaults.are_done(true);
        self.listener.close();
        for id in self.ids.drain(..) {
            unregister(id);
        }
    }
}

impl Defaults {
    fn are_done(&self, done: bool) {
        for is_default in self.of.values() {
            is_default.store(done, Ordering::SeqCst);
        }
    }
}

fn defaults() -> MutexGuard<'static, Defaults> {
    // Each change of it is one step.
    DEFAULTS.lock().unwrap_or_else(PoisonError::into_inner)
}
