//! Listeners of their own, for servers that have none to nest the routes in.

mod stalled;

use std::convert::Infallible;
use std::fmt;
use std::fs::{self, Metadata, Permissions};
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hotmod_host::PathLock;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::io::Errno;
use rustix::net::{self as sys, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::stalled::Taken;
use crate::admin::Admin;
use crate::peer::Peer;

/// How many headers a request has at most, and how many bytes its head.
const MOST_HEADERS: usize = 64;
const MOST_HEAD: usize = 32 << 10;

/// The longest that a head may take.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// How long requests may take to end when the admin was stopped.
const LAST_TIME: Duration = Duration::from_secs(5);

/// How many connections wait in the system's queue, as those of the standard library's listeners do.
const WAITING: i32 = 128;

/// How long to wait where the system accepts no connection, such as when files are out.
const AGAIN: Duration = Duration::from_millis(50);

impl Admin {
    /// Serves the routes at a unix socket, until the admin is [stopped](Admin::stop). The socket is for the user that
    /// this process runs as (0600): that user and root may do all without a token, by what the kernel says of the
    /// process at the other end, and nobody else is answered. What lay there and is a socket that nobody listens to any
    /// more is removed first; the socket itself in the end.
    ///
    /// # Errors
    ///
    /// The system's error if the socket cannot be made; [`AddrInUse`](ErrorKind::AddrInUse) if another process listens
    /// there, [`AlreadyExists`](ErrorKind::AlreadyExists) if something else lies there.
    pub async fn serve_unix(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let told = |error| at(&path.display(), &error);
        let at = path.to_owned();
        let taken = tokio::task::spawn_blocking(move || take_place(&at)).await;
        let (socket, made) = taken.map_err(io::Error::other)??;
        let listener = UnixListener::from_std(socket)?;
        let own = made.uid();
        self.serve(&AtSocket { listener, own }).await;
        remove_own(path, &made).map_err(told)
    }

    /// Serves the routes at an address of the machine itself, such as `127.0.0.1:9440`, until the admin is
    /// [stopped](Admin::stop). Each request needs a token.
    ///
    /// # Errors
    ///
    /// The system's error if the address cannot be listened to; [`InvalidInput`](ErrorKind::InvalidInput) if it is not
    /// one of the machine itself: nest the [router](Admin::router) in a server with TLS for others.
    pub async fn serve_tcp(&self, address: SocketAddr) -> io::Result<()> {
        let bound = TcpListener::bind(loopback(address)?).await;
        self.serve_listener(bound.map_err(|error| at(&address, &error))?)
            .await
    }

    /// As [`serve_tcp`](Admin::serve_tcp), with a listener that is bound already.
    ///
    /// # Errors
    ///
    /// As there, of the address that it is bound to.
    pub async fn serve_listener(&self, listener: TcpListener) -> io::Result<()> {
        loopback(listener.local_addr()?)?;
        self.serve(&AtAddress(listener)).await;
        Ok(())
    }

    /// Serves connections until the admin is stopped, and then those that are there, for a while.
    async fn serve<A: Accept>(&self, listener: &A) {
        let router = self.router();
        let most = self.shared.limits.connections;
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(most));
        let mut stops = self.shared.stopping.subscribe();
        let mut connections = JoinSet::new();
        loop {
            let accepted = async {
                // Those beyond wait in the system's queue.
                let place = places.clone().acquire_owned().await;
                (place, listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                biased;
                _ = stops.wait_for(|stops| *stops) => break,
                accepted = accepted => accepted,
                Some(_) = connections.join_next() => continue,
            };
            match accepted {
                Ok(Some((stream, peer))) => {
                    let connection = connection(router.clone(), stream, peer, self.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Ok(None) => {}
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
        let ended = async { while connections.join_next().await.is_some() {} };
        // Those that have not ended by then are cut off: the set is dropped.
        let _ = tokio::time::timeout(LAST_TIME, ended).await;
    }
}

/// Where connections come in.
trait Accept: Sync {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection; `None` if it is of somebody who is not answered.
    fn accept(&self) -> impl Future<Output = io::Result<Option<(Self::Stream, Peer)>>> + Send;
}

/// A socket of this user.
struct AtSocket {
    listener: UnixListener,
    own: u32,
}

impl Accept for AtSocket {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<Option<(UnixStream, Peer)>> {
        let (stream, _) = self.listener.accept().await?;
        let peer = stream.peer_cred()?;
        let (user, process) = (peer.uid(), peer.pid());
        let is_let_in = user == self.own || user == 0;
        Ok(is_let_in.then_some((stream, Peer::Unix { user, process })))
    }
}

/// An address of this machine.
struct AtAddress(TcpListener);

impl Accept for AtAddress {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<Option<(TcpStream, Peer)>> {
        let (stream, address) = self.0.accept().await?;
        stream.set_nodelay(true)?;
        Ok(Some((stream, Peer::Tcp(address))))
    }
}

/// Serves one connection.
fn connection<S>(
    router: Router,
    stream: S,
    peer: Peer,
    admin: Admin,
) -> impl Future<Output = ()> + Send
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        let mut router = router.clone();
        async move {
            let response = tower_service::Service::call(&mut router, request.map(Body::new)).await;
            response.map_err(|never: Infallible| never)
        }
    });
    // As long as no instant could hold is as good as without end.
    let limit = admin.shared.limits.body_time.min(LONGEST);
    async move {
        let mut stops = admin.shared.stopping.subscribe();
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limit)
            .max_headers(MOST_HEADERS)
            .max_buf_size(MOST_HEAD)
            .serve_connection(TokioIo::new(Taken::within(limit, stream)), service);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            // A client that goes, or sends what is no HTTP, is its own concern.
            _ = connection.as_mut() => return,
            _ = stops.wait_for(|stops| *stops) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}

fn loopback(address: SocketAddr) -> io::Result<SocketAddr> {
    match address.ip().is_loopback() {
        true => Ok(address),
        false => Err(io::Error::new(
            ErrorKind::InvalidInput,
            format!(
                "{address} can be reached from other machines: nest `Admin::router` in a server with TLS"
            ),
        )),
    }
}

/// Takes a path for a socket, unless another process listens there. Gives the socket, and what lies at the path then.
fn take_place(path: &Path) -> io::Result<(net::UnixListener, Metadata)> {
    let told = |error| at(&path.display(), &error);
    // No other process takes it, or removes its own from there, between a look and what is done upon it.
    let _lock = PathLock::wait(path).map_err(told)?;
    remove_left(path)?;
    let socket = bind(path).map_err(told)?;
    Ok((socket, fs::symlink_metadata(path).map_err(told)?))
}

/// Removes the socket that was made, and none that has taken its place. Where another process is taking the path just now, it
/// is left to that.
fn remove_own(path: &Path, made: &Metadata) -> io::Result<()> {
    let Some(_lock) = PathLock::try_now(path)? else {
        return Ok(());
    };
    let is_own = |it: &Metadata| (it.dev(), it.ino()) == (made.dev(), made.ino());
    match fs::symlink_metadata(path).is_ok_and(|it| is_own(&it)) {
        true => fs::remove_file(path),
        false => Ok(()),
    }
}

/// Makes a socket at a path to which only this user can connect. Its rights are set before it listens, and until then
/// nobody can connect.
fn bind(path: &Path) -> io::Result<net::UnixListener> {
    // The system takes one byte more than the standard library's clients do.
    net::SocketAddr::from_pathname(path)?;
    let socket = socket()?;
    sys::bind(&socket, &SocketAddrUnix::new(path)?)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    sys::listen(&socket, WAITING)?;
    Ok(socket.into())
}

/// One that waits for nothing.
fn socket() -> rustix::io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    sys::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}

/// Says of an error at which address it was, and what helps.
fn at(address: &dyn fmt::Display, error: &io::Error) -> io::Error {
    let help = match error.kind() {
        ErrorKind::NotFound => "make the directory that it is to lie in",
        ErrorKind::InvalidInput => "the path of a socket has 107 bytes at most",
        ErrorKind::AddrInUse => {
            "another one listens there: choose another address, or end that one"
        }
        ErrorKind::PermissionDenied => "this process may not make it there: choose another address",
        _ => return io::Error::new(error.kind(), format!("{address}: {error}")),
    };
    let text = format!("{address}: {error}\n  help: {help}");
    io::Error::new(error.kind(), text)
}

/// Removes a socket that nobody listens to any more.
fn remove_left(path: &Path) -> io::Result<()> {
    let left = match fs::symlink_metadata(path) {
        Ok(left) => left,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(&path.display(), &error)),
    };
    if !left.file_type().is_socket() {
        let text = format!("{} is there already, and no socket", path.display());
        return Err(io::Error::new(ErrorKind::AlreadyExists, text));
    }
    let connected = SocketAddrUnix::new(path).and_then(|at| sys::connect(&socket()?, &at));
    match connected {
        // One that has as many connections waiting as may wait is there, too.
        Ok(()) | Err(Errno::AGAIN) => Err(ErrorKind::AddrInUse.into()),
        Err(Errno::CONNREFUSED) => fs::remove_file(path),
        Err(error) => Err(error.into()),
    }
    .map_err(|error| at(&path.display(), &error))
}
