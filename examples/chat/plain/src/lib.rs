//! The chat server without hotmod. Who connects to `/chat?name=…` by a WebSocket says lines: each goes to all who are in
//! the room. `/join ROOM` goes to another room, `/history` shows what was said in it, and lines between `/begin` and
//! `/commit` are said as one.
#![forbid(unsafe_code)]

mod rooms;

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use prometheus_client::registry::Registry;
use serde::Deserialize;
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};

use crate::rooms::{Message, Talk, Visit};

/// How many lines a client may be behind.
const BEHIND: usize = 1024;

/// How many bytes a line may have. The lines that wait for a slow reader are bounded by number, so their size must be, too.
const LONGEST: usize = 64 * 1024;

/// What the metrics are written in. Prometheus takes them for something else, and refuses them, where it is not said.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The room that everybody enters first.
const LOBBY: &str = "lobby";

/// What all connections share.
#[derive(Default)]
pub struct Chat {
    rooms: Mutex<HashMap<String, Talk>>,
    /// What is said in each room.
    said: Mutex<HashMap<String, Sender<String>>>,
    connected: Gauge,
    messages: Counter,
}

#[derive(Deserialize)]
struct Entering {
    name: String,
}

impl Chat {
    /// A server, which tells what it does by these metrics.
    pub fn new(metrics: &mut Registry) -> Arc<Self> {
        let chat = Chat::default();
        chat.register(metrics);
        Arc::new(chat)
    }

    fn register(&self, metrics: &mut Registry) {
        let connected = self.connected.clone();
        metrics.register("chat_connected", "Clients that are connected", connected);
        metrics.register("chat_messages", "What was said", self.messages.clone());
    }

    async fn client(&self, mut socket: WebSocket, name: &str) -> Result<(), Box<dyn Error>> {
        let mut visit = Visit::default();
        let mut room = LOBBY.to_owned();
        let mut heard = self.enter(&room);
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
                ("/join", to) => {
                    heard = self.enter(to);
                    room = to.to_owned();
                    format!("* you are in {room}")
                }
                _ => {
                    self.say(&room, name, &mut visit, &line);
                    String::new()
                }
            };
            if !answer.is_empty() {
                socket.send(shown(answer)).await?;
            }
        }
    }

    fn say(&self, room: &str, name: &str, visit: &mut Visit, line: &str) {
        for words in visit.line(line) {
            let kept = self.talk(room, |talk| talk.say(name, &words));
            self.messages.inc();
            // An error says that no one is in the room to hear it, which is no fault.
            let _ = self.room(room).send(shown_as(&kept));
        }
    }

    fn history(&self, room: &str) -> String {
        let all = self.talk(room, |talk| talk.history());
        let lines: Vec<String> = all.iter().map(shown_as).collect();
        let end = format!("* {} messages in {room}", all.len());
        [lines, vec![end]].concat().join("\n")
    }

    /// What is said in a room from now on, which is made if there is none of the name.
    fn enter(&self, room: &str) -> Receiver<String> {
        self.room(room).subscribe()
    }

    fn talk<R>(&self, room: &str, work: impl FnOnce(&mut Talk) -> R) -> R {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        work(rooms.entry(room.to_owned()).or_default())
    }

    fn room(&self, room: &str) -> Sender<String> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || broadcast::channel(BEHIND).0;
        said.entry(room.to_owned()).or_insert_with(new).clone()
    }
}

/// What the server answers.
pub fn router(chat: Arc<Chat>, metrics: Registry) -> Router {
    let metrics = Arc::new(metrics);
    Router::new()
        .route("/chat", get(enter))
        .route(
            "/metrics",
            get(move || async move { ([(CONTENT_TYPE, OPEN_METRICS)], told_metrics(&metrics)) }),
        )
        .with_state(chat)
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

/// The next line that is said.
async fn next(heard: &mut Receiver<String>) -> String {
    match heard.recv().await {
        Ok(line) => line,
        Err(RecvError::Lagged(missed)) => format!("* {missed} lines were missed"),
        // The channel lives as long as the server.
        Err(RecvError::Closed) => std::future::pending().await,
    }
}
