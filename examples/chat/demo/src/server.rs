//! The process that serves.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use crate::client::PATIENCE;
use crate::{Failure, expect, module};

/// What lets the demo operate the server.
const TOKEN: &str = "a-token-that-cargo-chat-has";

/// It ends with this one.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
    /// Where it has its module and its temporary files: it may be killed, and removes none then.
    place: TempDir,
}

impl Server {
    /// The server with the rooms 1.0, in a directory that it watches.
    pub(crate) fn start(built: &Path) -> Result<Self, Failure> {
        let place = tempfile::tempdir()?;
        let modules = place.path().join("modules");
        fs::create_dir(&modules)?;
        fs::copy(module(built, "0"), modules.join("libchat.so"))?;
        let mut command = Command::new(built.join("chat-server"));
        command.arg(&modules);
        Self::started(command, place)
    }

    /// The same server without hotmod.
    pub(crate) fn plain(built: &Path) -> Result<Self, Failure> {
        let command = Command::new(built.join("chat-plain"));
        Self::started(command, tempfile::tempdir()?)
    }

    fn started(mut command: Command, place: TempDir) -> Result<Self, Failure> {
        let mut process = command
            .arg("0")
            .env("TMPDIR", place.path())
            .env("CHAT_TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .spawn()?;
        let out = process.stdout.take().ok_or("the server has no output")?;
        let mut server = Server {
            process,
            address: String::new(),
            place,
        };
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim_end().strip_prefix("listening at ");
        server.address = address.ok_or("the server says nothing")?.to_owned();
        Ok(server)
    }

    /// Moves a file to where the server has its module.
    pub(crate) fn gets(&self, file: &Path) -> Result<(), Failure> {
        let modules = self.place.path().join("modules");
        fs::copy(file, modules.join(".new"))?;
        Ok(fs::rename(
            modules.join(".new"),
            modules.join("libchat.so"),
        )?)
    }

    /// What it answers to a request for this path.
    pub(crate) fn answers(&self, path: &str) -> Result<String, Failure> {
        self.asked("GET", path, "", "")
    }

    /// Waits until its metrics have this: what happens is counted a moment later, by another thread.
    pub(crate) fn tells(&self, line: &str) -> Result<(), Failure> {
        let patience = Instant::now() + PATIENCE;
        loop {
            let metrics = self.answers("/metrics")?;
            // Else Prometheus takes nothing of it.
            let is_said = metrics.contains("content-type: application/openmetrics-text");
            expect(is_said, "the metrics say what they are written in")?;
            if metrics.contains(line) {
                return Ok(());
            }
            let what = format!("{line} is told: {metrics}");
            expect(Instant::now() < patience, &what)?;
        }
    }

    /// What comes of a change that an operator asks for over HTTP: of its plan, and of itself, made for the generation
    /// that the plan names.
    pub(crate) fn changes(&self, action: &str, body: &str) -> Result<[String; 2], Failure> {
        let path = format!("/hotmod/v1/modules/rooms/{action}");
        let json = "Content-Type: application/json\r\n";
        let plan = self.asked("POST", &format!("{path}:plan"), json, body)?;
        let (_, generation) = plan
            .split_once("\"generation\":")
            .ok_or("the plan names no generation")?;
        let digits = |it: char| !it.is_ascii_digit();
        let generation = generation.split(digits).next().unwrap_or_default();
        let headers = format!(
            "{json}If-Match: \"{generation}\"\r\nIdempotency-Key: {action} of {generation}\r\n"
        );
        let mut done = self.asked("POST", &path, &headers, body)?;
        // What takes longer than a second is answered with an operation to follow.
        while done.contains(r#""state":"running""#) {
            let (_, id) = done.split_once("\"id\":").ok_or("an operation has an id")?;
            let id = id.split(digits).next().unwrap_or_default();
            done = self.answers(&format!("/hotmod/v1/operations/{id}"))?;
        }
        Ok([plan, done])
    }

    /// What it answers to an operator's request.
    fn asked(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Result<String, Failure> {
        let mut stream = TcpStream::connect(&self.address)?;
        let (host, length) = (&self.address, body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let what = format!("{method} {path} is done: {answer}");
        expect(answer.starts_with("HTTP/1.1 20"), &what)?;
        Ok(answer)
    }

    /// Tells the server to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        let told = Command::new("kill")
            .arg(self.process.id().to_string())
            .status()?;
        expect(told.success(), "the server can be told to stop")?;
        expect(self.process.wait()?.success(), "it stops in order")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
