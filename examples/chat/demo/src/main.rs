//! `cargo chat`: two people talk over real sockets, through one process that is never built again, while the
//! module of its rooms and the interface that it was compiled with go from version to version.
//!
//! It fails if a line is lost, a connection ends, or a version is accepted or refused that should not be.
#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

type Failure = Box<dyn Error + Send + Sync>;

/// So long that what has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// What has to be built, and is never built again while it runs.
const PACKAGES: [&str; 7] = [
    "cargo-hotmod",
    "chat-server",
    "chat-1-0",
    "chat-1-1",
    "chat-1-2",
    "chat-1-3",
    "chat-1-4",
];

fn main() -> ExitCode {
    match play() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn play() -> Result<(), Failure> {
    let built = built()?;
    let module = |version: &str| built.join(format!("libchat_1_{version}.so"));
    let place = tempfile::tempdir()?;
    let server = Server::start(&built.join("chat-server"), &module("0"))?;
    println!(
        "rooms 1.0 are served at {}; Ann and Bob are there throughout",
        server.address
    );
    let mut ann = Client::enter(&server.address, "Ann")?;
    let mut bob = Client::enter(&server.address, "Bob")?;
    let mut said = Vec::new();
    let mut talk = |ann: &mut Client, bob: &mut Client, text: &str, shown: &str| {
        said.push(format!("Ann: {shown}"));
        ann.says(text)?;
        let last = said[said.len() - 1].as_str();
        for client in [&mut *ann, &mut *bob] {
            client.hears(&[last])?;
        }
        bob.says("/history")?;
        let mut all: Vec<&str> = said.iter().map(String::as_str).collect();
        let end = format!("* {} messages in lobby", said.len());
        all.push(&end);
        bob.hears(&all)
    };
    talk(&mut ann, &mut bob, " hello ", " hello ")?;

    println!("\n── 1.1: a method more, `Room::count`");
    ann.loads(&module("1"), &["Room::count(): was absent", "published"])?;
    talk(&mut ann, &mut bob, " hello ", "hello")?;

    println!("\n── 1.2: a field more, `Message::id`, in live rooms and in what they return");
    let expected = [
        "Talk.said[].id: default",
        "Room::history() -> [].id: not seen by the host",
        "published",
    ];
    ann.loads(&module("2"), &expected)?;
    talk(&mut ann, &mut bob, "numbered", "numbered (#3)")?;

    println!("\n── 1.3: a parameter more, `times` of `Room::say`");
    ann.loads(&module("3"), &["Room::say(times): filled in", "published"])?;
    talk(&mut ann, &mut bob, "once", "once (#4, 1×)")?;

    println!("\n── 1.4: another type, and no rule: refused, and 1.3 goes on");
    ann.loads(
        &module("4"),
        &["Room::say(from): was `&str`, now `u64`", "refused"],
    )?;
    talk(&mut ann, &mut bob, "still here", "still here (#5, 1×)")?;

    println!("\n── all of this was known before, from what the server wrote down");
    let description = place.path().join("server.hotmod");
    let status = Command::new(built.join("chat-server"))
        .arg("--expectations")
        .arg(&description)
        .status()?;
    expect(
        status.success(),
        "the server writes down what it was compiled with",
    )?;
    for (version, code) in [("0", 0), ("1", 0), ("2", 0), ("3", 0), ("4", 3)] {
        let said = Command::new(built.join("cargo-hotmod"))
            .args(["hotmod", "diff"])
            .arg(module(version))
            .arg("--host")
            .arg(&description)
            .output()?;
        let text = String::from_utf8(said.stdout)?;
        println!("   {}", text.trim_end().replace('\n', "\n   "));
        expect(
            said.status.code() == Some(code),
            "it says what the server did",
        )?;
    }
    Ok(())
}

/// Builds the server and the versions of its rooms, and says where they are. It waits for no lock: `cargo run`
/// gives its own back before it starts this.
fn built() -> Result<PathBuf, Failure> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    expect(
        command.status()?.success(),
        "the server and its rooms can be built",
    )?;
    let this = env::current_exe()?;
    Ok(this
        .parent()
        .ok_or("this program is in no directory")?
        .to_owned())
}

fn expect(holds: bool, what: &str) -> Result<(), Failure> {
    match holds {
        true => Ok(()),
        false => Err(format!("it does not hold that {what}").into()),
    }
}

/// The process that serves. It ends with this one.
struct Server {
    process: Child,
    address: String,
    /// Where it has its temporary files: it is killed in the end, and removes none.
    place: PathBuf,
}

impl Server {
    fn start(program: &Path, module: &Path) -> Result<Self, Failure> {
        let place = std::env::temp_dir().join(format!("chat-{}", std::process::id()));
        std::fs::create_dir(&place)?;
        let mut process = Command::new(program)
            .arg(module)
            .arg("0")
            .env("TMPDIR", &place)
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
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.place);
    }
}

/// One connection, which lasts from the first version to the last.
struct Client {
    name: &'static str,
    lines: BufReader<TcpStream>,
}

impl Client {
    fn enter(address: &str, name: &'static str) -> Result<Self, Failure> {
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut client = Client {
            name,
            lines: BufReader::new(socket),
        };
        client.says(name)?;
        client.hears(&["* you are in lobby"])?;
        Ok(client)
    }

    fn says(&mut self, line: &str) -> Result<(), Failure> {
        Ok(self
            .lines
            .get_mut()
            .write_all(format!("{line}\n").as_bytes())?)
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line);
        let read = read.map_err(|error| format!("{} hears nothing: {error}", self.name))?;
        expect(read > 0, &format!("{} is still connected", self.name))?;
        line.truncate(line.trim_end_matches('\n').len());
        Ok(line)
    }

    fn hears(&mut self, lines: &[&str]) -> Result<(), Failure> {
        for expected in lines {
            let line = self.line()?;
            println!("   {} │ {line}", self.name);
            let name = self.name;
            expect(
                line == *expected,
                &format!("{name} hears `{expected}`, and not `{line}`"),
            )?;
        }
        Ok(())
    }

    /// Updates the module, and looks for these parts of what comes of it, the last of which ends it.
    fn loads(&mut self, module: &Path, expected: &[&str]) -> Result<(), Failure> {
        self.says(&format!("/load {}", module.display()))?;
        let mut said = String::new();
        loop {
            let line = self.line()?;
            println!("   {} │ {line}", self.name);
            said += &line;
            if line == "* published" || line == "* refused" {
                break;
            }
        }
        for part in expected {
            expect(
                said.contains(part),
                &format!("the answer says `{part}`: {said}"),
            )?;
        }
        Ok(())
    }
}
