//! `cargo hotmod completions`: what a shell completes.

use std::io;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::output::{Exit, Failure};

/// Prints what a shell needs to complete the arguments of `cargo-hotmod`
#[derive(Args)]
#[command(
    after_help = "Example:\n  cargo hotmod completions bash > ~/.local/share/bash-completion/completions/cargo-hotmod"
)]
pub(crate) struct Completions {
    shell: Shell,
}

impl Completions {
    /// Prints those of a command line.
    pub(crate) fn run(self, mut of: Command) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut of, "cargo-hotmod", &mut script);
        match io::Write::write_all(&mut io::stdout().lock(), &script) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(Exit::Yes),
        }
    }
}
