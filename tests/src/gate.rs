//! Where a module waits until its host lets it go on.

use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use tempfile::TempDir;

/// A gate that is closed. A module comes to it by connecting to its path.
#[derive(Debug)]
pub struct Gate {
    listener: UnixListener,
    folder: TempDir,
}

/// A call that waits at a gate until this is dropped.
#[derive(Debug)]
pub struct Waiting {
    _stream: UnixStream,
}

impl Gate {
    /// A gate of its own.
    ///
    /// # Panics
    ///
    /// If the system cannot make one.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join("gate")).expect("a socket");
        Gate { listener, folder }
    }

    /// The path that the module is told to connect to.
    ///
    /// # Panics
    ///
    /// If the path is no text.
    #[must_use]
    pub fn path(&self) -> String {
        let path: PathBuf = self.folder.path().join("gate");
        path.into_os_string().into_string().expect("a path of text")
    }

    /// Waits until a call has come to the gate.
    ///
    /// # Panics
    ///
    /// If the socket fails.
    #[must_use]
    pub fn wait(&self) -> Waiting {
        let (stream, _) = self.listener.accept().expect("a process at the gate");
        Waiting { _stream: stream }
    }

    /// Lets a call on that has come to the gate. `true` if there was one.
    ///
    /// # Panics
    ///
    /// If the socket fails.
    pub fn let_on(&self) -> bool {
        self.listener.set_nonblocking(true).expect("a socket");
        let came = self.listener.accept().is_ok();
        self.listener.set_nonblocking(false).expect("a socket");
        came
    }
}

/// A thread that is in a call until it is let on.
#[derive(Debug)]
pub struct Inside<T> {
    at_gate: Waiting,
    thread: JoinHandle<T>,
}

impl<T: Send + 'static> Inside<T> {
    /// A thread of this name that calls this with the path of a gate, and has come there.
    ///
    /// # Panics
    ///
    /// If the system has no thread for it.
    pub fn new(name: &str, call: impl FnOnce(&str) -> T + Send + 'static) -> Self {
        let gate = Gate::new();
        let path = gate.path();
        let thread = thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(move || call(&path)).expect("a thread");
        Inside {
            at_gate: gate.wait(),
            thread,
        }
    }

    /// Whether the call has not returned.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Lets the call return, and gives what it returned.
    ///
    /// # Panics
    ///
    /// If the thread panicked.
    pub fn let_on(self) -> T {
        drop(self.at_gate);
        self.thread.join().expect("a call that returns")
    }
}

impl Default for Gate {
    fn default() -> Self {
        Gate::new()
    }
}
