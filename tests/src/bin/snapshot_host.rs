//! A host that writes down its vaults, and one that builds them again: `snapshot_host write|restore MODULE FILE`.
//!
//! `write` makes vaults, writes them to the file, and prints them, each in a line of JSON; `restore` builds them again from the
//! file, and prints them likewise.

use std::time::Duration;

use hotmod_host::{Host, InspectOptions, Pool, Snapshot};
use hotmod_tests::interfaces::treasury::Treasury;

/// How many vaults there are.
const KEYS: u64 = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, module, file] = arguments.as_slice() else {
        panic!("snapshot_host write|restore MODULE FILE");
    };
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Treasury>(module);
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let pool: Pool<u64, dyn Treasury> = Pool::builder(&module)
        .name("vaults")
        .build()
        .expect("a pool");
    if what == "write" {
        for key in 0..KEYS {
            pool.create(key, &format!("vault {key}")).expect("a state");
            pool.call(&key, |it| it.fill(300)).expect("a call");
            pool.call_shared(&key, |it| it.count()).expect("a call");
        }
        let (bytes, _) = host.snapshot_to(Vec::new()).expect("a snapshot");
        std::fs::write(file, bytes).expect("the file");
    } else {
        let bytes = std::fs::read(file).expect("the file");
        let snapshot = Snapshot::of(bytes).expect("a snapshot");
        let report = pool.restore(&snapshot).expect("states that fit");
        assert_eq!(report.restored as u64, KEYS, "{report:?}");
    }
    let options = InspectOptions::new()
        .items(1 << 20)
        .bytes(1 << 30)
        .time(Duration::from_secs(60));
    for key in 0..KEYS {
        let shown = pool.inspect_with(&key, "", &options).expect("a state");
        let shown = serde_json::to_string(&shown.value).expect("a value is JSON");
        println!("{shown}");
    }
}
