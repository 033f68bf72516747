//! `cargo store`: the clients of Redis, `redis-cli` and `redis-benchmark`, use a server while its module goes from
//! version to version. It fails if one of them gets an error, an answer that a model does not give, or another
//! connection, or if a key is lost.
//!
//! `cargo store -- --updates N` does so for at least so many updates; `--figures` measures instead.
#![forbid(unsafe_code)]

mod clients;
mod figures;
mod model;
mod server;
mod updates;

use std::error::Error;
use std::process::ExitCode;

type Failure = Box<dyn Error + Send + Sync>;

const USAGE: &str = "usage: cargo store [-- --updates N | -- --figures]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = clients::are_there().and_then(|()| match args[..] {
        [] => updates::play(12),
        ["--updates", number] => match number.parse() {
            Ok(number) => updates::play(number),
            Err(_) => Err(USAGE.into()),
        },
        ["--figures"] => figures::measure(),
        _ => Err(USAGE.into()),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn expect(holds: bool, what: &str) -> Result<(), Failure> {
    match holds {
        true => Ok(()),
        false => Err(format!("it does not hold that {what}").into()),
    }
}
