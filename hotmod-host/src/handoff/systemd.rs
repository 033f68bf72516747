//! Sockets that systemd keeps over a plain restart: its file descriptor store.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};

use listenfd::ListenFd;
use sd_notify::NotifyState;

/// Has systemd keep a socket under a name, so that the next process of the service gets it
/// ([`KeptSockets`]): clients that connect between the two processes wait and are not refused. `false` where the service
/// was not started by systemd. The unit needs `FileDescriptorStoreMax=` and `NotifyAccess=main`.
///
/// # Errors
///
/// If systemd cannot be told.
pub fn keep_socket(name: &str, socket: &impl AsFd) -> io::Result<bool> {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return Ok(false);
    }
    let state = [NotifyState::FdStore, NotifyState::FdName(name)];
    sd_notify::notify_with_fds(&state, &[socket.as_fd()])?;
    Ok(true)
}

/// The sockets that this process was started with: those that systemd has kept, or listens on.
pub struct KeptSockets {
    sockets: ListenFd,
    names: Vec<String>,
}

impl fmt::Debug for KeptSockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptSockets")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl KeptSockets {
    /// Takes them. The first call has them, and later ones have none.
    pub fn take() -> Self {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        if TAKEN.swap(true, Ordering::Relaxed) {
            return KeptSockets {
                sockets: ListenFd::empty(),
                names: Vec::new(),
            };
        }
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        KeptSockets {
            sockets: ListenFd::from_env(),
            names: names.split(':').map(str::to_owned).collect(),
        }
    }

    /// The TCP socket of this name that listens, if there is one which was not asked for yet.
    ///
    /// # Errors
    ///
    /// If it is another kind of socket.
    pub fn tcp_listener(&mut self, name: &str) -> io::Result<Option<TcpListener>> {
        match self.place(name) {
            Some(place) => self.sockets.take_tcp_listener(place),
            None => Ok(None),
        }
    }

    /// As [`tcp_listener`](KeptSockets::tcp_listener), of a unix socket.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn unix_listener(&mut self, name: &str) -> io::Result<Option<UnixListener>> {
        match self.place(name) {
            Some(place) => self.sockets.take_unix_listener(place),
            None => Ok(None),
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        let place = self.names.iter().position(|it| it == name)?;
        (place < self.sockets.len()).then_some(place)
    }
}
