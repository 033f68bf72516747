//! Records which compiler builds this crate: it is the one that builds every module linking it,
//! because a Rust library can be used only by the compiler that made it.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");

    let rustc = env::var("RUSTC").expect("cargo sets RUSTC for build scripts");
    let output = Command::new(&rustc)
        .arg("-vV")
        .output()
        .unwrap_or_else(|error| panic!("cannot run `{rustc} -vV`: {error}"));
    let text = String::from_utf8(output.stdout).expect("`rustc -vV` prints UTF-8");
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .unwrap_or("unknown")
    };

    println!(
        "cargo::rustc-env=HOTMOD_RUSTC_COMMIT={}",
        field("commit-hash")
    );
    // A distribution's compiler may carry patches under an upstream commit: the first line of its
    // version text tells it apart.
    println!(
        "cargo::rustc-env=HOTMOD_RUSTC_BANNER={}",
        text.lines().next().unwrap_or("unknown")
    );
    println!(
        "cargo::rustc-env=HOTMOD_TARGET={}",
        env::var("TARGET").expect("cargo sets TARGET for build scripts")
    );
}
