//! The clients: programs that know nothing of hotmod.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::{Failure, expect};

/// Whether both programs can be run.
pub(crate) fn are_there() -> Result<(), Failure> {
    for program in ["redis-cli", "redis-benchmark"] {
        let run = Command::new(program).arg("--version").output();
        if !run.is_ok_and(|output| output.status.success()) {
            let help = "install it: on Debian and Ubuntu it is in `redis-tools`";
            return Err(format!("there is no `{program}` here\n  help: {help}").into());
        }
    }
    Ok(())
}

/// A `redis-cli` that is given one command after the other.
pub(crate) struct RedisCli {
    process: Child,
    commands: ChildStdin,
    replies: BufReader<ChildStdout>,
    /// Its connection. It would make another without a word.
    connection: PathBuf,
}

impl RedisCli {
    pub(crate) fn start(port: &str) -> Result<Self, Failure> {
        let mut process = Command::new("redis-cli")
            .args(["-p", port])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let commands = process.stdin.take().ok_or("no input")?;
        let replies = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut cli = RedisCli {
            process,
            commands,
            replies,
            connection: PathBuf::new(),
        };
        expect(cli.ask("PING")? == "PONG", "the server is there")?;
        cli.connection = cli.socket()?;
        Ok(cli)
    }

    /// The reply to a command, which is one line.
    pub(crate) fn ask(&mut self, command: &str) -> Result<String, Failure> {
        Ok(self.ask_lines(command, 1)?.remove(0))
    }

    /// The reply to a command, which is so many lines.
    pub(crate) fn ask_lines(
        &mut self,
        command: &str,
        lines: usize,
    ) -> Result<Vec<String>, Failure> {
        writeln!(self.commands, "{command}")?;
        (0..lines).map(|_| self.line()).collect()
    }

    /// The error that comes of a command.
    pub(crate) fn refused(&mut self, command: &str) -> Result<String, Failure> {
        // An empty line follows an error.
        Ok(self.ask_lines(command, 2)?.remove(0))
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        expect(self.replies.read_line(&mut line)? > 0, "redis-cli goes on")?;
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        Ok(line)
    }

    /// Whether it has the connection still that it began with.
    pub(crate) fn is_still_connected(&self) -> Result<bool, Failure> {
        Ok(self.socket()? == self.connection)
    }

    fn socket(&self) -> Result<PathBuf, Failure> {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.process.id()))?;
        let mut open = open.filter_map(|it| std::fs::read_link(it.ok()?.path()).ok());
        let socket = open.find(|it| it.to_string_lossy().starts_with("socket:"));
        Ok(socket.ok_or("redis-cli has no connection")?)
    }
}

impl Drop for RedisCli {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a run of `redis-benchmark` came to.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    /// In milliseconds.
    pub(crate) longest: f64,
}

/// Runs `redis-benchmark` with these arguments. It fails with the first error that it gets.
pub(crate) fn benchmark(port: &str, args: &[&str]) -> Result<Vec<Measured>, Failure> {
    let output = Command::new("redis-benchmark")
        .args(["-p", port, "--csv"])
        .args(args)
        .output()?;
    let (said, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    if !output.status.success() {
        return Err(format!("redis-benchmark: {}: {errors}{said}", output.status).into());
    }
    let rows = said.lines().skip(1);
    let measured = rows.map(|row| {
        // After the name: per second, then latencies, of which the last is the longest.
        let numbers: Vec<f64> = row
            .split(',')
            .filter_map(|it| it.trim_matches('"').parse().ok())
            .collect();
        match numbers[..] {
            [per_second, .., longest] => Ok(Measured {
                per_second,
                longest,
            }),
            _ => Err(format!("redis-benchmark says `{row}`").into()),
        }
    });
    measured.collect()
}
