//! Those who change a module at the same time: a file that is moved into the watched directory, HTTP, a signal that has the
//! directory looked at, and a command line at the socket.
//!
//! `HOTMOD_RACES` says how often; `tests/long/races.sh` has them race a thousand times.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;

use hotmod_admin::{Admin, Limits};
use hotmod_host::{Event, Events, Host, Module, Signals, Untyped, UpdateState, Watch, WatchReport};
use hotmod_tests::numbered::Numbered;
use hotmod_tests::patience::PATIENCE;
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, UnixStream};
use tokio::process::Command;

use crate::served::{ALL, auth, unique};

/// A server whose counter has many versions.
struct Raced {
    folder: TempDir,
    numbered: Numbered,
    module: Module<Untyped>,
    events: Events,
    reports: Receiver<WatchReport>,
    address: SocketAddr,
    client: Client,
    _signals: Signals,
    _host: Host,
}

/// How an update was answered.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Runs,
    /// Refused, since a newer version runs.
    Refused,
}

impl Raced {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (modules, aside) = (folder.path().join("modules"), folder.path().join("aside"));
        fs::create_dir(&modules).expect("a directory");
        fs::create_dir(&aside).expect("a directory");
        let numbered = Numbered::build(false);
        let first = numbered.write(&aside, 0);
        fs::rename(first, modules.join("libcounter.so")).expect("a module");
        let host = Host::builder()
            .module_dir(&modules)
            .state_dir(folder.path().join("state"))
            .max_images(100_000);
        let host = host.build().expect("a host");
        let events = host.events_with_capacity(1_000_000.try_into().expect("a number"));
        let module = host.load_untyped("libcounter.so").expect("a module");
        let (report, reports) = mpsc::channel();
        let watch = Watch::builder(&host).on_report(move |it| drop(report.send(it.clone())));
        let watch = watch.start().expect("a watch");
        let signals = Signals::builder(&host).watch(watch).start();
        let mut limits = Limits::default();
        limits.wait = PATIENCE;
        let admin = Admin::builder(&host, auth()).limits(limits).build();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let app = admin
            .router()
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await.expect("a server") });
        let socket = folder.path().join("admin.sock");
        let at = socket.clone();
        tokio::spawn(async move { admin.serve_unix(&at).await });
        let patience = Instant::now() + PATIENCE;
        while UnixStream::connect(&socket).await.is_err() {
            assert!(Instant::now() < patience);
            tokio::task::yield_now().await;
        }
        Raced {
            folder,
            numbered,
            module,
            events,
            reports,
            address,
            client: Client::new(),
            _signals: signals.expect("signals"),
            _host: host,
        }
    }

    fn modules(&self) -> PathBuf {
        self.folder.path().join("modules")
    }

    /// A file of this version, which nothing takes up yet by itself.
    fn written(&self, number: usize) -> PathBuf {
        self.numbered
            .write(&self.folder.path().join("aside"), number)
    }

    /// Moves a file to where it is watched, and waits for what is told of it.
    fn moves(&self, from: &Path, number: usize) -> Answer {
        let name = format!("counter-{number}.so");
        fs::rename(from, self.modules().join(&name)).expect("a file");
        loop {
            let report = self.reports.recv_timeout(PATIENCE).expect("a report");
            match report {
                WatchReport::Updated { file, report, .. } if file.ends_with(&name) => {
                    assert_eq!(report.to, Numbered::version(number));
                    return Answer::Runs;
                }
                WatchReport::Refused { file, refusal, .. } if file.ends_with(&name) => {
                    assert!(refusal.to_string().contains("or newer"), "{refusal}");
                    return Answer::Refused;
                }
                // What a signal has tried again.
                WatchReport::Refused { .. } | WatchReport::Updated { .. } => {}
                other => panic!("{other}"),
            }
        }
    }

    /// Asks until the version runs, or a newer one does. Of each request it is told what came.
    async fn asks(
        &self,
        number: usize,
        ask: impl AsyncFn(u64, &str, &str) -> (u16, Value),
    ) -> Answer {
        // The watch leaves a file of such a name alone.
        let name = format!("counter-{number}.next");
        fs::rename(self.written(number), self.modules().join(&name)).expect("a file");
        let patience = Instant::now() + PATIENCE;
        loop {
            let key = unique();
            let (status, body) = ask(self.module.publications(), &name, &key).await;
            match (status, body["to"].as_str()) {
                (200, Some(to)) => {
                    assert_eq!(to, Numbered::version(number), "{body:#}");
                    return Answer::Runs;
                }
                // Another one was faster.
                (409, _) => assert!(Instant::now() < patience, "{body:#}"),
                (422, _) => {
                    assert!(body.to_string().contains("downgrade"), "{body:#}");
                    return Answer::Refused;
                }
                _ => panic!("{status}: {body:#}"),
            }
        }
    }

    async fn over_http(&self, generation: u64, file: &str, key: &str) -> (u16, Value) {
        let url = format!("http://{}/v1/modules/counter/update", self.address);
        let request = self.client.post(url).bearer_auth(ALL);
        let request = request
            .header("If-Match", format!("\"{generation}\""))
            .header("Idempotency-Key", key)
            .json(&json!({ "file": file, "reason": "a race" }));
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.json().await.expect("JSON"))
    }

    async fn at_the_command_line(&self, generation: u64, file: &str, key: &str) -> (u16, Value) {
        let socket = self.folder.path().join("admin.sock");
        let body = json!({ "file": file, "reason": "a race" }).to_string();
        let output = Command::new("curl")
            .args([
                "--silent",
                "--max-time",
                "60",
                "--write-out",
                "\n%{http_code}",
            ])
            .arg("--unix-socket")
            .arg(socket)
            .args(["-H", "Content-Type: application/json"])
            .args(["-H", &format!("If-Match: \"{generation}\"")])
            .args(["-H", &format!("Idempotency-Key: {key}")])
            .args([
                "--data",
                &body,
                "http://localhost/v1/modules/counter/update",
            ])
            .stdin(Stdio::null())
            .output()
            .await
            .expect("curl, which this test needs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (body, status) = text.rsplit_once('\n').expect("a status");
        let body = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {text}"));
        (status.parse().expect("a status"), body)
    }

    /// Shows that each version that ran took the place of the one before, and gives the last.
    fn history(&self, before: &str) -> String {
        let published = |event: &Event| event.state == UpdateState::Published;
        let events = std::iter::from_fn(|| self.events.try_next());
        let mut current = before.to_owned();
        for event in events {
            assert_ne!(event.state, UpdateState::Missed, "{event}");
            if published(&event) {
                assert_eq!(event.from, current, "{event}");
                current = event.to.expect("a version");
            }
        }
        current
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_is_answered_and_the_newest_version_runs() {
    let rounds = std::env::var("HOTMOD_RACES").ok();
    let rounds: usize = rounds.map_or(12, |it| it.parse().expect("a number"));
    let raced = Raced::new().await;
    let mut current = Numbered::version(0);
    for round in 0..rounds {
        // Each of the three has the newest version in turn.
        let numbers = [0, 1, 2].map(|it| 1 + 3 * round + (it + round) % 3);
        let [file, http, line] = numbers;
        let moved = raced.written(file);
        let moves = async { tokio::task::block_in_place(|| raced.moves(&moved, file)) };
        let http_asks = raced.asks(http, async |at, file: &str, key: &str| {
            raced.over_http(at, file, key).await
        });
        let line_asks = raced.asks(line, async |at, file: &str, key: &str| {
            raced.at_the_command_line(at, file, key).await
        });
        let signals = async {
            let kill = format!("kill -HUP {}", std::process::id());
            let sent = Command::new("sh").args(["-c", &kill]).status().await;
            assert!(sent.expect("a shell").success());
        };
        let (moves, http_asks, line_asks, ()) = tokio::join!(moves, http_asks, line_asks, signals);
        let newest = 3 + 3 * round;
        for (number, answer) in numbers.into_iter().zip([moves, http_asks, line_asks]) {
            if number == newest {
                assert_eq!(
                    answer,
                    Answer::Runs,
                    "round {round}: the newest is {number}"
                );
            }
        }
        assert_eq!(
            raced.module.version(),
            Numbered::version(newest),
            "round {round}"
        );
        let last = raced.history(&current);
        assert_eq!(last, raced.module.version(), "round {round}");
        current = last;
        // Who has it rolled back is answered by that, and what was rolled back stays so.
        if round % 4 == 3 {
            let before = raced
                .module
                .previous_version()
                .expect("one before")
                .to_owned();
            let back = raced.module.rollback().expect("a rollback");
            assert_eq!((back.from, back.to), (current.clone(), before));
            // What a signal has tried again may have come by now.
            current = raced.history(&current);
        }
        for entry in fs::read_dir(raced.modules()).expect("the directory") {
            let path = entry.expect("a file").path();
            if !path.ends_with("libcounter.so") {
                fs::remove_file(path).expect("a file");
            }
        }
    }
}
