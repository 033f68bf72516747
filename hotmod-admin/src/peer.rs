//! Where a request comes from.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::Extensions;

use crate::auth::Caller;

/// The other end of a connection that a listener of this crate accepted. No request can say so of itself.
#[derive(Clone, Debug)]
pub(crate) enum Peer {
    /// A process at the unix socket.
    Unix { user: u32, process: Option<i32> },
    /// An address.
    Tcp(SocketAddr),
}

/// Who asks, and from where.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub(crate) caller: Caller,
    pub(crate) from: String,
}

/// From where, as far as it is known: a server that is nested in tells it where it was made with
/// `into_make_service_with_connect_info::<SocketAddr>()`.
pub(crate) fn from(extensions: &Extensions) -> String {
    match extensions.get::<Peer>() {
        Some(Peer::Unix { user, process }) => match process {
            Some(process) => format!("unix socket, process {process} of user {user}"),
            None => format!("unix socket, user {user}"),
        },
        Some(Peer::Tcp(address)) => address.to_string(),
        None => match extensions.get::<ConnectInfo<SocketAddr>>() {
            Some(ConnectInfo(address)) => address.to_string(),
            None => "an address that the server does not tell".to_owned(),
        },
    }
}
