//! `cargo chat`: two people talk over WebSockets, through one process that is never built again, while the module of its
//! rooms and the interface that it was compiled with go from version to version. Then 200 do, through a hundred updates.
//!
//! It fails if a line is lost or comes twice, a connection ends, or a version is accepted or refused that should not be.
#![forbid(unsafe_code)]

mod client;
mod crowd;
mod server;

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::client::Client;
use crate::server::Server;

type Failure = Box<dyn Error + Send + Sync>;

/// What has to be built, and is never built again while it runs.
const PACKAGES: [&str; 8] = [
    "cargo-hotmod",
    "chat-plain",
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
    two(&built)?;
    println!("\n── two hundred people, and the same server without hotmod");
    crowd::without_updates(&Server::plain(&built)?)?;
    crowd::through_updates(&built)
}

/// Ann and Bob, who see what becomes of the interface.
fn two(built: &Path) -> Result<(), Failure> {
    let module = |version: &str| module(built, version);
    let server = Server::start(built)?;
    println!(
        "rooms 1.0 are served at {}; Ann and Bob are there throughout",
        server.address
    );
    let mut talk = Talk {
        server: &server,
        ann: Client::enter(&server.address, "Ann")?.told(),
        bob: Client::enter(&server.address, "Bob")?.told(),
        said: Vec::new(),
    };
    talk.ann_says(" hello ", " hello ")?;

    // The watch has seen the file that runs: what comes now is another one.
    server.tells(r#"hotmod_updates_total{module="rooms",result="unchanged"} 1"#)?;

    println!("\n── 1.1: a method more, `Room::count`");
    let expected = ["Room::count(): was absent", "published"];
    talk.gets(&module("1"), &expected)?;
    talk.ann_says(" hello ", "hello")?;

    println!("\n── over HTTP, as the page at /hotmod/page asks: back to 1.0, and to 1.1 again");
    operated(&server)?;
    talk.ann_says(" still 1.1 ", "still 1.1")?;

    println!(
        "\n── 1.2: a field more, `Message::id`, in live rooms and in what they return; Bob is saying something"
    );
    talk.bob.says("/begin")?;
    talk.bob.says("what was begun")?;
    // Its answer shows that both were heard before the update.
    talk.all_is_known()?;
    let expected = [
        "Talk.said[].id: default",
        "Visit.lines: default",
        "Room::history() -> [].id: not seen by the host",
        "published",
    ];
    talk.gets(&module("2"), &expected)?;
    talk.bob.says("is said as one")?;
    talk.bob.says("/commit")?;
    talk.both_hear("Bob: what was begun (#4)")?;
    talk.both_hear("Bob: is said as one (#5)")?;
    talk.ann_says("numbered", "numbered (#6)")?;

    println!("\n── 1.3: a parameter more, `times` of `Room::say`");
    let expected = ["Room::say(times): filled in", "published"];
    talk.gets(&module("3"), &expected)?;
    talk.ann_says("once", "once (#7, 1×)")?;

    println!("\n── 1.4: another type, and no rule: refused, and 1.3 goes on");
    let expected = ["Room::say(from): was `&str`, now `u64`", "refused"];
    talk.gets(&module("4"), &expected)?;
    talk.ann_says("still here", "still here (#8, 1×)")?;
    expect(
        Client::enter(&server.address, "Cyd")?.hears_no_more_after(100_000),
        "a line has an end",
    )?;
    talk.ann_says("and here", "and here (#9, 1×)")?;

    let place = tempfile::tempdir()?;
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

/// An operator goes back and on again, looks at the metrics, and opens the page.
fn operated(server: &Server) -> Result<(), Failure> {
    let [plan, done] =
        server.changes("rollback", r#"{"reason":"to see whether 1.0 does it too"}"#)?;
    expect(
        plan.contains(r#""to":"1.0.0""#) && done.contains(r#""to":"1.0.0""#),
        &format!("1.0.0 is gone back to: {plan}\n{done}"),
    )?;
    let body = r#"{"file":"libchat.so","reason":"1.0 does it too"}"#;
    let [plan, done] = server.changes("update", body)?;
    expect(
        plan.contains("Room::count") && done.contains(r#""outcome":"published""#),
        &format!("1.1.0 is published again: {plan}\n{done}"),
    )?;
    let operations = server.answers("/hotmod/v1/operations")?;
    expect(
        operations.contains(r#""from":"127.0.0.1:"#),
        &format!("it is kept from where that was asked for: {operations}"),
    )?;
    // 1.0.0, and 1.1.0 twice.
    for line in [
        "chat_connected 2",
        r#"hotmod_call_errors_total{module="rooms"} 0"#,
        r#"hotmod_updates_total{module="rooms",result="published"} 3"#,
        r#"hotmod_updates_total{module="rooms",result="rolled_back"} 1"#,
        r#"hotmod_module_info{module="rooms",version="1.1.0""#,
    ] {
        server.tells(line)?;
        println!("   {line}");
    }
    let page = server.answers("/hotmod/page")?;
    expect(page.contains("<title>hotmod</title>"), "there is a page")
}

/// Ann and Bob in one room, and what was said there.
struct Talk<'a> {
    server: &'a Server,
    ann: Client,
    bob: Client,
    said: Vec<String>,
}

impl Talk<'_> {
    fn ann_says(&mut self, text: &str, shown: &str) -> Result<(), Failure> {
        self.ann.says(text)?;
        self.both_hear(&format!("Ann: {shown}"))?;
        self.all_is_known()
    }

    /// Moves a version to where the server has its module. Both hear what becomes of it, of which these are parts.
    fn gets(&mut self, file: &Path, expected: &[&str]) -> Result<(), Failure> {
        self.server.gets(file)?;
        self.ann.hears_of(expected)?;
        self.bob.hears_of(expected)
    }

    fn both_hear(&mut self, line: &str) -> Result<(), Failure> {
        self.said.push(line.to_owned());
        self.ann.hears(&[line])?;
        self.bob.hears(&[line])
    }

    /// Has Bob ask for all that was said.
    fn all_is_known(&mut self) -> Result<(), Failure> {
        self.bob.says("/history")?;
        let mut all: Vec<&str> = self.said.iter().map(String::as_str).collect();
        let end = format!("* {} messages in lobby", self.said.len());
        all.push(&end);
        self.bob.hears(&[&all.join("\n")])
    }
}

/// Where a version of the rooms is.
fn module(built: &Path, version: &str) -> PathBuf {
    built.join(format!("libchat_1_{version}.so"))
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
