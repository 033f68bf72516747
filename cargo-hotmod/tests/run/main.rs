//! The verbs that run modules.

mod fuzzed;
mod migrated;
mod tried;
mod variants;

use std::path::Path;
use std::process::Command;

use hotmod_host::{Host, Module, Pool};
use hotmod_tests::interfaces::till::Till;
use serde_json::Value;

use variants::TILLS;

/// How a run ended.
struct Ended {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in:\n{}{}", self.stdout, self.stderr))
    }
}

fn hotmod(arguments: &[&str], files: &[&Path]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-hotmod"))
        .args(arguments)
        .args(files)
        .output()
        .expect("the command line");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ended {
        status: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn load(host: &Host, variant: &str) -> Module<dyn Till> {
    let module = host.load::<dyn Till>(TILLS.file(variant));
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn pool(module: &Module<dyn Till>) -> Pool<u64, dyn Till> {
    let pool = Pool::builder(module).name("tills").build();
    pool.expect("a pool")
}

/// Writes tills of the base, each with a coin of this worth, under their places as keys.
fn written(file: &Path, worth: &[u32]) {
    let host = Host::builder().build().expect("a host");
    let tills = pool(&load(&host, hotmod_tests::fixture::BASE));
    for (key, worth) in (0..).zip(worth) {
        tills.create(key, &format!("till {key}")).expect("a till");
        tills
            .call(&key, |it| it.take(*worth, "silver"))
            .expect("a call");
    }
    host.snapshot(file).expect("a snapshot");
}
