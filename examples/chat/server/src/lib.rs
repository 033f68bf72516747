//! A chat server whose rooms and sessions are instances of a module. Who connects to `/chat?name=…` by a WebSocket says
//! lines: each goes to all who are in the room. `/join ROOM` goes to another room, `/history` shows what was said in
//! it, and lines between `/begin` and `/commit` are said as one. What becomes of a file that is moved into the module's
//! directory, all hear who are in the lobby; `/rollback` goes back, and `/version` says which version runs. The module is
//! operated below `/hotmod`, with a page for people, and told of in the server's own metrics.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use axum::routing::get;
use chat_interface::{Message, Room, Session};
use hotmod_admin::{Admin, Auth, Scope, Token, TokenError};
use hotmod_host::{Host, HostBuilder, Pool, PoolError, RollbackOptions, UpdateOptions, Watch};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use prometheus_client::registry::Registry;
use serde::Deserialize;
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};

/// How many lines a client may be behind.
const BEHIND: usize = 1024;

/// How many bytes a line may have. The lines that wait for a slow reader are bounded by number, so their size must be, too.
const LONGEST: usize = 64 * 1024;

/// What the metrics are written in. Prometheus takes them for something else, and refuses them, where it is not said.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The room that everybody enters first.
const LOBBY: &str = "lobby";

/// How long an update may take the rooms along before it answers.
const SETTLE: Duration = Duration::from_secs(5);

/// What all connections share.
pub struct Chat {
    rooms: Pool<String, dyn Room>,
    sessions: Pool<u64, dyn Session>,
    /// What is said in each room.
    said: Mutex<HashMap<String, Sender<String>>>,
    connected: Gauge,
    messages: Counter,
    /// How many have come.
    came: AtomicU64,
}

#[derive(Deserialize)]
struct Entering {
    name: String,
}

/// A host as this server has it: it says what it calls of its module.
pub fn host() -> HostBuilder {
    Host::builder()
        // Who says something notices no microsecond.
        .measure_calls(1)
        .expects::<dyn Room>("rooms")
        .expects::<dyn Session>("rooms")
}

impl Chat {
    /// A server of the rooms of this file, which tells what it does by these metrics.
    ///
    /// # Errors
    ///
    /// If the file is refused, or a room cannot be made.
    pub fn new(
        host: &Host,
        file: &Path,
        metrics: &mut Registry,
    ) -> Result<Arc<Self>, Box<dyn Error + Send + Sync>> {
        let module = host.load::<dyn Room>(file)?;
        let sweep = (Duration::from_millis(50), Duration::from_millis(5));
        let rooms = Pool::builder(&module).name("rooms");
        let sessions = Pool::builder(&module.interface()?).name("sessions");
        let chat = Chat {
            rooms: rooms.sweep_every(sweep.0, sweep.1).build()?,
            sessions: sessions.sweep_every(sweep.0, sweep.1).build()?,
            said: Mutex::default(),
            connected: Gauge::default(),
            messages: Counter::default(),
            came: AtomicU64::new(0),
        };
        chat.register(metrics);
        Ok(Arc::new(chat))
    }

    fn register(&self, metrics: &mut Registry) {
        let connected = self.connected.clone();
        metrics.register("chat_connected", "Clients that are connected", connected);
        metrics.register("chat_messages", "What was said", self.messages.clone());
    }

    async fn client(&self, mut socket: WebSocket, name: &str) -> Result<(), Box<dyn Error>> {
        let session = self.came.fetch_add(1, Ordering::Relaxed);
        self.sessions.create(session, "")?;
        let done = self.talk(&mut socket, name, session).await;
        self.sessions.remove(&session)?;
        done
    }

    async fn talk(
        &self,
        socket: &mut WebSocket,
        name: &str,
        session: u64,
    ) -> Result<(), Box<dyn Error>> {
        let mut room = LOBBY.to_owned();
        let mut heard = self.enter(&room)?;
        socket.send(shown(format!("* you are in {room}"))).await?;
        loop {
            let frame = tokio::select! {
                frame = socket.recv() => frame,
                line = next(&mut heard) => {
                    socket.send(shown(line)).await?;
                    continue;
                }
            };
            let line = match frame.transpose()? {
                Some(Frame::Text(line)) => line,
                Some(Frame::Close(_)) => {
                    // What sends the answer to that, without which a client is told that it was cut off.
                    socket.recv().await;
                    return Ok(());
                }
                None => return Ok(()),
                Some(_) => continue,
            };
            let answer = match line.split_once(' ').unwrap_or((&line, "")) {
                ("/history", _) => self.history(&room),
                ("/join", to) => self.enter(to).map(|said| {
                    heard = said;
                    room = to.to_owned();
                    format!("* you are in {room}")
                }),
                ("/rollback", _) => self.roll_back().await,
                ("/version", _) => Ok(format!("* rooms {}", self.rooms.module().version())),
                _ => self
                    .say(&room, name, session, &line)
                    .map(|()| String::new()),
            };
            let answer = answer.unwrap_or_else(|error| told(&error));
            if !answer.is_empty() {
                socket.send(shown(answer)).await?;
            }
        }
    }

    fn say(&self, room: &String, name: &str, session: u64, line: &str) -> Result<(), String> {
        // Microseconds, and it waits for no update.
        let texts = self.sessions.call(&session, |session| session.line(line));
        for words in texts.map_err(text)? {
            let kept = self.rooms.call(room, |room| room.say(name, &words));
            self.messages.inc();
            // An error says that no one is in the room to hear it, which is no fault.
            let _ = self.room(room).send(shown_as(&kept.map_err(text)?));
        }
        Ok(())
    }

    fn history(&self, room: &String) -> Result<String, String> {
        let all = self.rooms.call(room, |room| room.history()).map_err(text)?;
        let lines: Vec<String> = all.iter().map(shown_as).collect();
        let end = format!("* {} messages in {room}", all.len());
        Ok([lines, vec![end]].concat().join("\n"))
    }

    /// What is said in a room from now on, which is made if there is none of the name.
    fn enter(&self, room: &str) -> Result<Receiver<String>, String> {
        match self.rooms.create(room.to_owned(), "") {
            Ok(()) | Err(PoolError::Exists { .. }) => Ok(self.room(room).subscribe()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn room(&self, room: &str) -> Sender<String> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || broadcast::channel(BEHIND).0;
        said.entry(room.to_owned()).or_insert_with(new).clone()
    }

    async fn roll_back(&self) -> Result<String, String> {
        let module = self.rooms.module().clone();
        let work = move || module.rollback_with(&RollbackOptions::new().settle(SETTLE));
        // Looks at every room: too long for a thread that answers clients.
        match tokio::task::spawn_blocking(work).await.map_err(text)? {
            Ok(report) => Ok(told(&report)),
            Err(refusal) => Err(refusal.to_string()),
        }
    }

    /// Watches the directory of modules, and tells those who are in the lobby what becomes of its files.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn watch(self: &Arc<Self>, host: &Host) -> io::Result<Watch> {
        let chat = self.clone();
        Watch::builder(host)
            // No client waits for its room to be migrated.
            .options(UpdateOptions::new().settle(SETTLE))
            .on_report(move |report| drop(chat.room(LOBBY).send(told(report))))
            .start()
    }
}

/// What operates the host over HTTP, for those who have this token, and tells what it knows by these metrics.
///
/// # Errors
///
/// If the token could be guessed.
pub fn admin(
    host: &Host,
    token: Option<&str>,
    metrics: &mut Registry,
) -> Result<Admin, TokenError> {
    let auth = match token {
        Some(secret) => Auth::new().token(Token::new("operator", secret, Scope::ALL)?),
        None => Auth::new(),
    };
    let admin = Admin::new(host, auth);
    metrics.register_collector(Box::new(admin.metrics()));
    Ok(admin)
}

/// What the server answers.
pub fn router(chat: Arc<Chat>, metrics: Registry, admin: &Admin) -> Router {
    let metrics = Arc::new(metrics);
    Router::new()
        .route("/chat", get(enter))
        .route(
            "/metrics",
            get(move || async move { ([(CONTENT_TYPE, OPEN_METRICS)], told_metrics(&metrics)) }),
        )
        .with_state(chat)
        .merge(admin.router_at("/hotmod"))
}

fn told_metrics(metrics: &Registry) -> String {
    let mut text = String::new();
    // Writing to a text does not fail.
    let _ = encode(&mut text, metrics);
    text
}

async fn enter(
    upgrade: WebSocketUpgrade,
    Query(entering): Query<Entering>,
    State(chat): State<Arc<Chat>>,
) -> Response {
    upgrade
        .max_message_size(LONGEST)
        .on_upgrade(async move |socket| {
            chat.connected.inc();
            if let Err(error) = chat.client(socket, &entering.name).await {
                // A name may hold what a terminal would carry out.
                eprintln!("{:?}: {error}", entering.name);
            }
            chat.connected.dec();
        })
}

fn shown(line: String) -> Frame {
    Frame::Text(line.into())
}

fn shown_as(message: &Message) -> String {
    format!("{}: {}", message.from, message.text)
}

fn told(report: &impl Display) -> String {
    format!("* {}", report.to_string().replace('\n', "\n* "))
}

fn text(error: impl Display) -> String {
    error.to_string()
}

/// The next line that is said.
async fn next(heard: &mut Receiver<String>) -> String {
    match heard.recv().await {
        Ok(line) => line,
        Err(RecvError::Lagged(missed)) => format!("* {missed} lines were missed"),
        // The channel lives as long as the server.
        Err(RecvError::Closed) => std::future::pending().await,
    }
}
