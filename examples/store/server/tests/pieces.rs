//! Requests that come in pieces, or are longer than they may be.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use store_interface::Carried;
use store_server::{Backend, serve};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// How many bytes a request has here.
const WHOLE: usize = 4 * 1024 * 1024;

/// Waits for so many bytes, answers them by one, and counts how often it is asked.
#[derive(Clone, Default)]
struct Counting {
    wants: usize,
    asked: Arc<AtomicUsize>,
}

impl Backend for Counting {
    fn carry_out(&self, requests: &[u8], replies: &mut Vec<u8>) -> Result<Carried, String> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let is_whole = requests.len() >= self.wants;
        if is_whole {
            replies.push(b'.');
        }
        let taken = if is_whole { self.wants } else { 0 };
        Ok(Carried {
            taken: taken as u64,
            lacks: (self.wants - (requests.len() - taken).min(self.wants - 1)) as u64,
            ends: false,
        })
    }
}

fn client(runtime: &Runtime, backend: Counting) -> TcpStream {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("a listener");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(serve(listener, backend));
    let client = TcpStream::connect(address).expect("a connection");
    let patience = Some(Duration::from_secs(60));
    client.set_read_timeout(patience).expect("a limit");
    client
}

#[test]
fn the_store_is_asked_again_when_enough_has_come() {
    let runtime = Runtime::new().expect("a runtime");
    let backend = Counting {
        wants: WHOLE,
        ..Counting::default()
    };
    let mut client = client(&runtime, backend.clone());
    for piece in vec![0; WHOLE].chunks(1000) {
        client.write_all(piece).expect("a piece");
    }
    let mut reply = [0];
    client.read_exact(&mut reply).expect("a reply");
    assert_eq!(&reply, b".");
    let asked = backend.asked.load(Ordering::Relaxed);
    assert!(asked <= 2, "asked {asked} times");
}

#[test]
fn what_will_be_too_long_is_refused_before_it_has_come() {
    let runtime = Runtime::new().expect("a runtime");
    let backend = Counting {
        wants: WHOLE * 3,
        ..Counting::default()
    };
    let mut client = client(&runtime, backend);
    client.write_all(b"*").expect("a beginning");
    let mut reply = String::new();
    client.read_to_string(&mut reply).expect("a reply");
    assert_eq!(reply, "-ERR too long a request\r\n");
}
