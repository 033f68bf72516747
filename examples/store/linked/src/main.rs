//! `store-linked PORT`: the store 1.3 without modules.
#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex};

use store_interface::{Carried, Store};
use store_linked::Db;
use store_server::Backend;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The one state that all connections use.
#[derive(Clone, Default)]
struct Linked(Arc<Mutex<Db>>);

impl Backend for Linked {
    fn carry_out(&self, requests: &[u8], replies: &mut Vec<u8>) -> Result<Carried, String> {
        let mut store = self.0.lock().map_err(|error| error.to_string())?;
        Ok(store.carry_out(requests, replies))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).ok_or("usage: store-linked PORT")?;
    let runtime = Runtime::new()?;
    let listener = runtime.block_on(TcpListener::bind(format!("127.0.0.1:{port}")))?;
    println!("listening at {}", listener.local_addr()?);
    runtime.block_on(store_server::serve(listener, Linked::default()));
    Ok(())
}
