//! More clients than the process may have files. In a process of its own, since the limit is one of a process.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use store_interface::Carried;
use store_server::{Backend, serve};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// Gives back what it gets.
#[derive(Clone)]
struct Echo;

impl Backend for Echo {
    fn carry_out(&self, requests: &[u8], replies: &mut Vec<u8>) -> Result<Carried, String> {
        replies.extend(requests);
        Ok(Carried {
            taken: requests.len() as u64,
            lacks: 1,
            ends: false,
        })
    }
}

#[test]
fn clients_are_accepted_again_once_there_are_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(64);
    setrlimit(Resource::Nofile, limit).expect("fewer files");
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("a listener");
    let address = listener.local_addr().expect("an address");
    // It waits in the system's queue.
    let mut client = TcpStream::connect(address).expect("a connection");
    let patience = Some(Duration::from_secs(60));
    client.set_read_timeout(patience).expect("a limit");
    let files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    let mut serving = Box::pin(serve(listener, Echo));
    let ended = runtime
        .block_on(async { tokio::time::timeout(Duration::from_millis(100), &mut serving).await });
    assert!(ended.is_err(), "it goes on where no client can be accepted");
    drop(files);
    let asks = std::thread::spawn(move || {
        client.write_all(b"PING").expect("a request");
        let mut reply = [0; 4];
        client.read_exact(&mut reply).expect("a reply");
        reply
    });
    runtime.block_on(async {
        while !asks.is_finished() {
            let _ = tokio::time::timeout(Duration::from_millis(10), &mut serving).await;
        }
    });
    assert_eq!(&asks.join().expect("no panic"), b"PING");
}
