//! Loads a module as a host does, calls it and ends: `host_probe MODULE`.
//!
//! Exits 0 if all went well, and 1 with what was refused or failed. What else may happen is what the
//! tests that run it are about.

use std::process::ExitCode;

use hotmod_host::Host;

fn run(file: &str) -> Result<(), Box<dyn std::error::Error>> {
    let host = Host::builder().build()?;
    let module = host.load_untyped(file)?;
    let double = module.function::<fn(u32) -> u32>("double")?;
    match double.call(21)? {
        42 => Ok(()),
        other => Err(format!("the double of 21 is {other}").into()),
    }
}

/// How long it may take, in seconds: a file may lead the loader, or its own code, round and round.
const LONGEST: u32 = 60;

fn main() -> ExitCode {
    // SAFETY: it has the system end this process later, and touches no memory.
    unsafe { libc::alarm(LONGEST) };
    let file = std::env::args().nth(1).expect("the module to load");
    match run(&file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
