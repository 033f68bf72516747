//! `store-server MODULES PORT`: serves the module `libstore.so` of this directory, and takes up what is moved there.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hotmod_host::describe::Rule;
use hotmod_host::{Host, Module, Refusal, SharedInstance, Signals, Watch, WatchReport};
use store_interface::{Carried, Store};
use store_server::Backend;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The one state that all connections use.
#[derive(Clone)]
struct Shared(SharedInstance<dyn Store>);

impl Backend for Shared {
    fn carry_out(&self, requests: &[u8], replies: &mut Vec<u8>) -> Result<Carried, String> {
        let carried = self.0.call(|store| store.carry_out(requests, replies));
        carried.map_err(|error| error.to_string())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [modules, port] = &args[..] else {
        return Err("usage: store-server MODULES PORT".into());
    };
    let (ask, asked) = mpsc::channel();
    let host = Host::builder()
        .module_dir(modules)
        .allow_downgrade(true)
        .provide("roll_back", move || -> Result<(), String> {
            // Not here: the module is in a call, and has all other clients wait.
            ask.send(()).map_err(|_| "the server stops".to_owned())
        })
        .build()?;
    let module = host.load::<dyn Store>("libstore.so")?;
    // What an update changes, entries follow one by one: as they are used, and meanwhile in the background.
    let store = SharedInstance::builder(&module)
        .sweep_every(Duration::from_millis(50), Duration::from_millis(5))
        .create("")?;
    thread::spawn(move || asked.iter().for_each(|()| roll_back(&module)));
    let again = host.clone();
    let watch = Watch::builder(&host)
        .on_report(move |report| match report {
            // Here, who moves a version into the directory once more that was rolled back asks for it.
            WatchReport::Refused { file, refusal, .. } if is_undone(refusal) => {
                ask_for(&again, file.clone());
            }
            report => eprintln!("{report}"),
        })
        .start()?;
    let signals = Signals::builder(&host).watch(watch).start()?;

    let runtime = Runtime::new()?;
    let listener = runtime.block_on(TcpListener::bind(format!("127.0.0.1:{port}")))?;
    println!("listening at {}", listener.local_addr()?);
    let serving = runtime.spawn(store_server::serve(listener, Shared(store)));
    let stopping = signals.wait();
    serving.abort();
    eprintln!("{}", stopping.finish());
    Ok(())
}

/// Whether a file is refused since its version was rolled back.
fn is_undone(refusal: &Refusal) -> bool {
    let mut differences = refusal.differences().iter();
    differences.any(|it| it.rule == Rule::Undone)
}

/// Updates the store to this file, on a thread of its own: the watch is to go on.
fn ask_for(host: &Host, file: PathBuf) {
    let Some(module) = host.module("store") else {
        return;
    };
    thread::spawn(move || match module.update(&file) {
        Ok(report) => eprintln!("{report}"),
        Err(refusal) => eprintln!("{refusal}"),
    });
}

fn roll_back(module: &Module<dyn Store>) {
    match module.rollback() {
        Ok(report) => eprintln!("{report}"),
        Err(refusal) => eprintln!("{refusal}"),
    }
}
