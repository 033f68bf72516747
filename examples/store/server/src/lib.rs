//! Connections: bytes in, bytes out. What they mean, the store knows.
#![forbid(unsafe_code)]

use std::io;
use std::time::Duration;

use mimalloc::MiMalloc;
use store_interface::Carried;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// What the modules allocate with too. The system's puts small blocks that are freed on lists, and merges all of them
/// in one go when a larger one is asked for: after an update that changes 500,000 entries, a client waits for that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How many bytes are read at once.
const READ: usize = 64 * 1024;

/// How many bytes a request may have.
const LONGEST: usize = 8 * 1024 * 1024;

/// How much of the room that a client's requests and replies took is kept for the next.
const KEPT: usize = 1024 * 1024;

/// What carries out the requests of all connections: a module's instance, or the same code linked into the server.
pub trait Backend: Clone + Send + 'static {
    /// Carries out what has come whole of these requests, and appends the replies.
    ///
    /// # Errors
    ///
    /// If it could not, and why.
    fn carry_out(&self, requests: &[u8], replies: &mut Vec<u8>) -> Result<Carried, String>;
}

/// How long to wait where the system accepts no connection, such as when files are out.
const AGAIN: Duration = Duration::from_millis(50);

/// Answers who connects, for as long as the server runs.
pub async fn serve(listener: TcpListener, store: impl Backend) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            sleep(AGAIN).await;
            continue;
        };
        // A client that hangs up has said all it had to say.
        tokio::spawn(client(socket, store.clone()));
    }
}

async fn client(mut socket: TcpStream, store: impl Backend) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut requests = Vec::with_capacity(READ);
    let mut replies = Vec::new();
    let mut wanted = 1;
    loop {
        while requests.len() < wanted {
            requests.reserve(READ);
            if socket.read_buf(&mut requests).await? == 0 {
                return Ok(());
            }
        }
        let mut taken = 0;
        let lacks = loop {
            // Microseconds: it waits for other requests, and for no update.
            let carried = store.carry_out(&requests[taken..], &mut replies);
            let carried = carried.unwrap_or_else(|error| {
                replies.extend(format!("-ERR {}\r\n", error.replace(['\r', '\n'], " ")).bytes());
                Carried {
                    taken: 0,
                    lacks: 0,
                    ends: true,
                }
            });
            socket.write_all(&replies).await?;
            if carried.ends {
                return socket.shutdown().await;
            }
            replies.clear();
            replies.shrink_to(KEPT);
            taken += carried.taken as usize;
            if carried.lacks > 0 || carried.taken == 0 {
                break carried.lacks.max(1) as usize;
            }
        };
        requests.drain(..taken);
        requests.shrink_to(KEPT);
        wanted = requests.len().saturating_add(lacks);
        if wanted > LONGEST {
            socket.write_all(b"-ERR too long a request\r\n").await?;
            return socket.shutdown().await;
        }
    }
}
