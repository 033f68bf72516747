//! `cargo hotmod completions`: what a shell completes.

use std::io::{self, Write as _};

use clap::{Args, Command};
use clap_complete::Shell;

use crate::output::{Exit, Failure};

/// What has bash complete `cargo hotmod` too. Zsh asks for the function of the name that the script for it has anyway.
const OF_CARGO: &str = include_str!("completions/cargo.bash");

/// Prints what a shell needs to complete the arguments of `cargo hotmod`
///
/// Bash and zsh complete them after `cargo hotmod` and after `cargo-hotmod`, and the other shells after `cargo-hotmod`. For
/// bash, the shell's start reads the script; for zsh, it lies in a directory of `fpath` that comes before `compinit`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  echo 'source <(cargo hotmod completions bash)' >> ~/.bashrc\n  cargo hotmod completions zsh > ~/.zfunc/_cargo-hotmod"
)]
pub(crate) struct Completions {
    shell: Shell,
}

impl Completions {
    /// Prints those of a command line.
    pub(crate) fn run(self, mut of: Command) -> Result<Exit, Failure> {
        let script = match self.shell {
            Shell::Bash => bash(&mut of),
            shell => script(shell, &mut of, "cargo-hotmod"),
        };
        match io::stdout().lock().write_all(&script) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(Exit::Yes),
        }
    }
}

fn script(shell: Shell, of: &mut Command, name: &str) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, of, name, &mut script);
    script
}

/// The functions are made of a name without a dash: of one with a dash, clap finds no arguments of subcommands again.
fn bash(of: &mut Command) -> Vec<u8> {
    let script = script(Shell::Bash, of, "cargo_hotmod");
    let script =
        String::from_utf8_lossy(&script).replace(" default cargo_hotmod", " default cargo-hotmod");
    [script.as_bytes(), OF_CARGO.as_bytes()].concat()
}
