//! A call that panics, under `RUST_BACKTRACE=1`, against the unwinding alone; in a module that was built without
//! optimisation, whose symbols take longest.
//!
//! A second process of this program does it, since what the variable says counts for a whole process.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use hotmod_host::{CallError, Host};
use serde_json::Value;

use crate::Failure;
use crate::measure::{Times, shown, time};
use crate::modules::Modules;

const ROUNDS: usize = 2_001;
const DEPTH: u32 = 16;
/// Set in the process that panics: the module's file.
const PANICS: &str = "HOTMOD_BENCH_PANICS";

pub(crate) fn run(_: &Modules) -> Result<(), Failure> {
    if let Some(file) = env::var_os(PANICS) {
        return panics(&PathBuf::from(file));
    }
    let ended = Command::new(env::current_exe()?)
        .arg("panics")
        .env(PANICS, build()?)
        .env("RUST_BACKTRACE", "1")
        .status()?;
    match ended.success() {
        true => Ok(()),
        false => Err(format!("the process that panics: {ended}").into()),
    }
}

/// Builds the module with the profile for development.
fn build() -> Result<String, Failure> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--message-format=json",
            "--package",
            "bench-panics",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()?;
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let messages = messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let file = messages
        .filter(|it| it["target"]["name"] == "bench_panics")
        .find_map(|it| Some(it["filenames"][0].as_str()?.to_owned()));
    Ok(file.ok_or("cargo does not say where bench-panics is")?)
}

fn panics(file: &std::path::Path) -> Result<(), Failure> {
    let module = Host::builder().build()?.load_untyped(file)?;
    let panics = module.function::<fn(u32) -> u32>("panics")?;
    let unwinds = module.function::<fn(u32) -> bool>("unwinds")?;
    let mut times: [Times; 2] = Default::default();
    let mut last = None;
    for _ in 0..ROUNDS {
        let (unwinding, unwound) = time(|| unwinds.call(DEPTH));
        let (panicking, panicked) = time(|| panics.call(DEPTH));
        match (unwound, panicked) {
            (Ok(true), Err(CallError::Panicked(panicked))) => last = panicked.backtrace,
            other => return Err(format!("a panic was expected, and there is {other:?}").into()),
        }
        times[0].add(unwinding);
        times[1].add(panicking);
    }
    let backtrace = last.ok_or("the panic has no backtrace")?;
    let (first, text) = time(|| backtrace.to_string());
    let (again, _) = time(|| backtrace.to_string());
    let down = text.matches("bench_panics::down").count();
    if down != DEPTH as usize + 1 {
        return Err(format!("{down} functions in the backtrace: {text}").into());
    }
    let [unwinding, panicking] = times.each_ref().map(Times::median);
    let profile = if cfg!(debug_assertions) {
        "development"
    } else {
        "release"
    };
    println!("a call that panics {DEPTH} functions down, under RUST_BACKTRACE=1, in a debug build");
    println!("  (the host is built for {profile})");
    println!("  unwinding alone    {}", shown(unwinding));
    println!(
        "  the call           {}, {} more",
        shown(panicking),
        shown(panicking - unwinding)
    );
    println!("  99 % of the calls  {}", shown(times[1].within(0.99)));
    println!(
        "  showing the stack  {}, and again {}",
        shown(first),
        shown(again)
    );
    println!();
    Ok(())
}
