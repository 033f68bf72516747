//! Rooms that one process hands over to the next, with its sockets, while clients and threads use them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use hotmod_host::Snapshot;
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use tempfile::TempDir;

const WIDE: &[Edit] = &[
    ("\"1.0.0\"", "\"2.0.0\""),
    ("visits: u64,\n}", "visits: u128,\n}"),
];
const NARROW: &[Edit] = &[
    ("\"1.0.0\"", "\"3.0.0\""),
    ("visits: u64,\n}", "visits: u8,\n}"),
];
/// A version that says nothing of how a larger number becomes a smaller one.
const UNCHECKED: &[Edit] = &[
    ("\"1.0.0\"", "\"3.0.0\""),
    (
        "    #[state(checked)]\n    visits: u64,\n}",
        "    visits: u8,\n}",
    ),
];

static ROOMS: LazyLock<Built> = LazyLock::new(|| {
    Family::new("rooms")
        .variant("wide", WIDE)
        .variant("narrow", NARROW)
        .variant("unchecked", UNCHECKED)
        .build()
});

const PATIENCE: Duration = Duration::from_secs(60);

const PROBE: &str = env!("CARGO_BIN_EXE_handoff_probe");

/// A command with the probe's arguments.
fn probe(mut command: Command, folder: &TempDir, variant: &str) -> Command {
    let module = ROOMS.file(variant);
    command.arg(module).arg(folder.path().join("handoff"));
    command
}

/// A process that serves, or wants to.
struct Server {
    child: Child,
    lines: Receiver<String>,
}

impl Server {
    fn start(folder: &TempDir, variant: &str, words: &[&str]) -> Self {
        Self::started(probe(Command::new(PROBE), folder, variant).args(words))
    }

    fn started(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the probe");
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Server { child, lines }
    }

    /// Waits for a line that begins so, and gives the rest; `None` if there is none and it has ended.
    fn line(&self, begins: &str) -> Option<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = match self.lines.recv_timeout(left) {
                Ok(line) => line,
                Err(error) => {
                    assert!(Instant::now() < until, "{begins}: {error}");
                    return None;
                }
            };
            if let Some(rest) = line.strip_prefix(begins) {
                return Some(rest.trim().to_owned());
            }
        }
    }

    fn serves(&self) -> u16 {
        let port = self.line("serves ").expect("a server");
        port.parse().expect("a port")
    }

    fn number(&self) -> u32 {
        self.child.id()
    }

    fn wait(&mut self) {
        self.child.wait().expect("a process");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was counted, and the process that says so.
fn get(port: u16, path: &str) -> std::io::Result<(u64, u32)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: rooms\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.rsplit("\r\n").next().unwrap_or_default();
    let parsed = body
        .split_once(' ')
        .and_then(|(counted, process)| Some((counted.parse().ok()?, process.parse().ok()?)));
    let cut = || std::io::Error::other(format!("no answer: {answer:?}"));
    parsed.ok_or_else(cut)
}

/// Clients that enter rooms one after the other.
#[derive(Default)]
struct Clients {
    is_over: AtomicBool,
    answered: AtomicU64,
    /// In microseconds.
    longest: AtomicU64,
}

impl Clients {
    fn run(&self, port: u16, keys: u64) {
        while !self.is_over.load(Ordering::Relaxed) {
            let number = self.answered.load(Ordering::Relaxed);
            let start = Instant::now();
            let answered = get(port, &format!("/enter/{}", number % keys));
            answered.unwrap_or_else(|error| panic!("after {:?}: {error}", start.elapsed()));
            let took = start.elapsed().as_micros() as u64;
            self.longest.fetch_max(took, Ordering::Relaxed);
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn wait_for(&self, more: u64) {
        let enough = self.answered.load(Ordering::Relaxed) + more;
        while self.answered.load(Ordering::Relaxed) < enough {
            thread::yield_now();
        }
    }
}

fn asked(name: &str, by_default: u64) -> u64 {
    let asked = std::env::var(name).ok();
    asked.map_or(by_default, |text| text.parse().expect("a number"))
}

#[test]
fn clients_and_callers_lose_nothing_when_the_next_process_takes_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = asked("HOTMOD_HANDOFF_KEYS", 200);
    let pad = asked("HOTMOD_HANDOFF_PAD", 100);
    // Those that are entered meanwhile.
    let hot = asked("HOTMOD_HANDOFF_HOT", keys);
    let words = [
        format!("keys={keys}"),
        format!("pad={pad}"),
        format!("hot={hot}"),
        "callers=1".to_owned(),
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut server = Server::start(&folder, BASE, &words);
    let port = server.serves();
    let clients = Clients::default();
    let mut direct = 0;
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| clients.run(port, hot));
        }
        // Another version each time, and back to the same program.
        for variant in ["wide", "wide"] {
            clients.wait_for(100);
            let next = Server::start(&folder, variant, &words);
            assert_eq!(next.serves(), port);
            let entered = server.line("direct ").expect("it says so in the end");
            direct += entered.parse::<u64>().expect("a number");
            server.wait();
            server = next;
        }
        clients.wait_for(100);
        clients.is_over.store(true, Ordering::Relaxed);
    });
    // Its own threads go on: they are ended by a last handoff.
    let (_, process) = get(port, "/total").expect("an answer");
    assert_eq!(process, server.number());
    let alone = Server::start(&folder, "wide", &[words[0]]);
    assert_eq!(alone.serves(), port);
    let entered = server.line("direct ").expect("it says so in the end");
    direct += entered.parse::<u64>().expect("a number");
    let (total, process) = get(port, "/total").expect("an answer");
    assert_eq!(process, alone.number());
    assert_eq!(total, clients.answered.load(Ordering::Relaxed) + direct);
    let longest = Duration::from_micros(clients.longest.load(Ordering::Relaxed));
    println!("the longest answer took {longest:?}");
    let bound = Duration::from_millis(asked("HOTMOD_HANDOFF_LONGEST", 10_000));
    assert!(longest <= bound, "{longest:?}");
}

#[test]
fn what_the_next_process_cannot_take_is_refused_and_the_running_one_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder, BASE, &["keys=2"]);
    let port = server.serves();
    let refused = Server::start(&folder, "unchecked", &[]);
    let why = refused.line("failed ").expect("it says why");
    assert!(
        why.contains("Hall.visits") && why.contains("help:"),
        "{why}"
    );
    let told = server.line("stays ").expect("it is told");
    assert!(told.contains("Hall.visits"), "{told}");
    for entered in 1..=300 {
        let (visits, process) = get(port, "/enter/1").expect("an answer");
        assert_eq!((visits, process), (entered, server.number()));
    }
    // It is planned for, and one state does not fit.
    let unfit = Server::start(&folder, "narrow", &[]);
    let why = unfit.line("failed ").expect("it says why");
    assert!(
        why.contains("`rooms`: 1: Hall.visits") && why.contains("300"),
        "{why}"
    );
    let told = server.line("stays ").expect("it is told");
    assert!(
        told.contains("gave the handoff up") && told.contains("[HM-0621]"),
        "{told}"
    );
    assert_eq!(
        get(port, "/enter/1").expect("an answer"),
        (301, server.number())
    );
}

#[test]
fn nothing_that_the_next_process_forgets_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(&folder, BASE, &["keys=2"]);
    let port = server.serves();
    assert_eq!(get(port, "/enter/1").expect("an answer").0, 1);
    let forgetful = Server::start(&folder, "wide", &["takes=nothing"]);
    let why = forgetful.line("failed ").expect("it says why");
    for says in ["`rooms`", "has 2", "leave_behind(\"rooms\")", "[HM-0625]"] {
        assert!(why.contains(says), "no {says} in {why}");
    }
    let told = server.line("stays ").expect("it is told");
    assert!(told.contains("`rooms`"), "{told}");
    assert_eq!(
        get(port, "/enter/1").expect("an answer"),
        (2, server.number())
    );
    // All of it at the end, instead of in rounds.
    let mut next = Server::start(&folder, "wide", &["takes=rest"]);
    assert_eq!(next.serves(), port);
    server.wait();
    assert_eq!(
        get(port, "/enter/1").expect("an answer"),
        (3, next.number())
    );
    // Nothing of it, said so.
    let last = Server::start(&folder, "wide", &["takes=behind"]);
    assert_eq!(last.serves(), port);
    next.wait();
    assert_eq!(get(port, "/total").expect("an answer"), (0, last.number()));
}

#[test]
fn a_state_that_the_next_process_restores_and_that_does_not_fit_is_kept_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(&folder, BASE, &["keys=2"]);
    let port = server.serves();
    for _ in 0..300 {
        get(port, "/enter/1").expect("an answer");
    }
    get(port, "/enter/0").expect("an answer");
    // It restores one of them, and does not look at the report.
    let careless = Server::start(&folder, "narrow", &["takes=rest"]);
    let why = careless.line("failed ").expect("it says why");
    for says in ["`rooms`", "has 2", "keep_unfit", "[HM-0625]"] {
        assert!(why.contains(says), "no {says} in {why}");
    }
    let answer = get(port, "/total").expect("an answer");
    assert_eq!(answer, (301, server.number()));
    let careful = Server::start(&folder, "narrow", &["takes=kept"]);
    assert_eq!(careful.serves(), port);
    server.wait();
    let answer = get(port, "/total").expect("an answer");
    assert_eq!(answer, (1, careful.number()));
    let kept = Snapshot::open(folder.path().join("handoff.unfit")).expect("a file");
    assert_eq!(kept.groups().iter().map(|it| it.len()).sum::<usize>(), 1);
}

#[test]
fn one_process_serves_wherever_the_other_is_killed() {
    // Where the running one is killed: whether the new one serves.
    let of_running = [
        ("met", false),
        ("planned", false),
        ("round 1", false),
        ("closed", false),
        ("ready", true),
        ("given", true),
        ("taken", true),
    ];
    for (step, takes) in of_running {
        let folder = tempfile::tempdir().expect("a folder");
        let stop = format!("stop={step}");
        let mut running = Server::start(&folder, BASE, &[&stop]);
        let port = running.serves();
        assert_eq!(get(port, "/enter/1").expect("an answer").0, 1);
        let next = Server::start(&folder, BASE, &[]);
        running.wait();
        match takes {
            true => {
                assert_eq!(next.serves(), port, "{step}");
                let answer = get(port, "/enter/1").expect("an answer");
                assert_eq!(answer, (2, next.number()), "{step}");
            }
            false => {
                next.line("failed ").expect("it says why");
                assert!(get(port, "/total").is_err(), "{step}");
            }
        }
    }
    // Where the new one is killed: whether the running one goes on.
    let of_next = [
        ("planned", true),
        ("round 1", true),
        ("ready", true),
        ("given", true),
        ("taken", false),
    ];
    for (step, stays) in of_next {
        let folder = tempfile::tempdir().expect("a folder");
        let mut running = Server::start(&folder, BASE, &[]);
        let port = running.serves();
        assert_eq!(get(port, "/enter/1").expect("an answer").0, 1);
        let stop = format!("stop={step}");
        let mut next = Server::start(&folder, BASE, &[&stop]);
        next.wait();
        match stays {
            true => {
                running.line("stays ").expect("it says why");
                let answer = get(port, "/enter/1").expect("an answer");
                assert_eq!(answer, (2, running.number()), "{step}");
                // And it can hand over still.
                let another = Server::start(&folder, BASE, &[]);
                assert_eq!(another.serves(), port, "{step}");
                let answer = get(port, "/enter/1").expect("an answer");
                assert_eq!(answer, (3, another.number()), "{step}");
            }
            false => running.wait(),
        }
    }
}

#[test]
fn a_socket_that_systemd_keeps_is_listened_at_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let notified = folder.path().join("notified");
    let systemd = UnixDatagram::bind(&notified).expect("a socket");
    systemd.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("a port").port();
    for _ in 0..2 {
        // The first socket that a service is started with is number 3.
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" \"$@\" 3<&0", PROBE]);
        let mut command = probe(shell, &folder, BASE);
        let inherited = socket.try_clone().expect("a socket");
        command
            .stdin(Stdio::from(OwnedFd::from(inherited)))
            .env("LISTEN_FDS", "1")
            .env("LISTEN_FDNAMES", "http")
            .env("NOTIFY_SOCKET", &notified);
        let server = Server::started(&mut command);
        server.line("kept").expect("it says so");
        assert_eq!(server.serves(), port);
        let mut room = [0; 100];
        let told = systemd.recv(&mut room).expect("what it was told");
        let told = std::str::from_utf8(&room[..told]).expect("a text");
        assert_eq!(told, "FDSTORE=1\nFDNAME=http\n");
        assert_eq!(get(port, "/enter/1").expect("an answer").0, 1);
    }
}
