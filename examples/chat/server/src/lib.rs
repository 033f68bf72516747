//! A chat server whose rooms are instances of a module. Who connects says a name, then lines: each goes to all
//! who are in the room. `/join ROOM` goes to another room, `/history` shows what was said in it, and
//! `/load FILE` updates the module.
#![forbid(unsafe_code)]

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chat_interface::{Message, Room};
use hotmod_host::{Host, HostBuilder, Pool, UpdateOptions};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};

/// How many lines a client may be behind.
const BEHIND: usize = 1024;

/// The room that everybody enters first.
const LOBBY: &str = "lobby";

/// What all connections share.
pub struct Chat {
    rooms: Pool<String, dyn Room>,
    /// What is said, with the room that it is said in.
    said: Sender<(String, String)>,
}

/// A host as this server has it: it says what it calls of its module.
pub fn host() -> HostBuilder {
    Host::builder().expects::<dyn Room>("rooms")
}

impl Chat {
    /// A server of the rooms of this file.
    ///
    /// # Errors
    ///
    /// If the file is refused, or a room cannot be made.
    pub fn new(
        host: &Host,
        file: &Path,
    ) -> Result<Arc<Self>, Box<dyn std::error::Error + Send + Sync>> {
        let rooms = Pool::builder(&host.load::<dyn Room>(file)?).build()?;
        rooms.create(LOBBY.to_owned(), "")?;
        let said = broadcast::channel(BEHIND).0;
        Ok(Arc::new(Chat { rooms, said }))
    }

    /// Answers who connects, for as long as the server runs.
    ///
    /// # Errors
    ///
    /// If no more connections are accepted.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) -> io::Result<()> {
        loop {
            let (socket, _) = listener.accept().await?;
            let chat = self.clone();
            // A client that hangs up has said all it had to say.
            tokio::spawn(async move { chat.client(socket).await });
        }
    }

    async fn client(&self, socket: TcpStream) -> io::Result<()> {
        let (lines, mut out) = socket.into_split();
        let mut lines = BufReader::new(lines).lines();
        let Some(name) = lines.next_line().await? else {
            return Ok(());
        };
        let mut heard = self.said.subscribe();
        let mut room = LOBBY.to_owned();
        shown(&mut out, &format!("* you are in {room}")).await?;
        loop {
            let line = tokio::select! {
                line = lines.next_line() => line?,
                line = next(&mut heard, &room) => {
                    shown(&mut out, &line).await?;
                    continue;
                }
            };
            let Some(line) = line else { return Ok(()) };
            let answer = match line.split_once(' ').unwrap_or((&line, "")) {
                ("/history", _) => self.history(&room),
                ("/join", to) => self.join(to).inspect(|_| room = to.to_owned()),
                ("/load", file) => self.load(file).await,
                _ => self.say(&room, &name, &line).map(|()| String::new()),
            };
            let answer = answer.unwrap_or_else(|error| format!("* {error}"));
            if !answer.is_empty() {
                shown(&mut out, &answer).await?;
            }
        }
    }

    fn say(&self, room: &String, name: &str, text: &str) -> Result<(), String> {
        // Microseconds, and it waits for no update.
        let kept = self.rooms.call(room, |room| room.say(name, text));
        let line = line(&kept.map_err(|error| error.to_string())?);
        // An error says that no client is connected, which is no fault.
        let _ = self.said.send((room.clone(), line));
        Ok(())
    }

    fn history(&self, room: &String) -> Result<String, String> {
        let all = self.rooms.call(room, |room| room.history());
        let all = all.map_err(|error| error.to_string())?;
        let lines: Vec<String> = all.iter().map(line).collect();
        let end = format!("* {} messages in {room}", all.len());
        Ok([lines, vec![end]].concat().join("\n"))
    }

    fn join(&self, room: &str) -> Result<String, String> {
        if !self.rooms.contains(&room.to_owned()) {
            let created = self.rooms.create(room.to_owned(), "");
            created.map_err(|error| error.to_string())?;
        }
        Ok(format!("* you are in {room}"))
    }

    async fn load(&self, file: &str) -> Result<String, String> {
        let (module, file) = (self.rooms.module().clone(), file.to_owned());
        // Reads, checks and links a file: too long for a thread that answers clients.
        // No client waits for its room to be migrated.
        let options = UpdateOptions::new().settle(Duration::from_secs(5));
        let update = tokio::task::spawn_blocking(move || module.update_with(file, &options));
        let report = update.await.map_err(|error| error.to_string())?;
        let said = |text: &dyn Display| text.to_string().replace('\n', "\n* ");
        let report = report.map_err(|refusal| format!("{}\n* refused", said(&refusal)))?;
        Ok(format!("* {}\n* published", said(&report)))
    }
}

fn line(message: &Message) -> String {
    format!("{}: {}", message.from, message.text)
}

async fn shown(out: &mut OwnedWriteHalf, text: &str) -> io::Result<()> {
    out.write_all(format!("{text}\n").as_bytes()).await
}

/// The next line that is said in this room.
async fn next(heard: &mut Receiver<(String, String)>, room: &str) -> String {
    loop {
        match heard.recv().await {
            Ok((of, line)) if of == room => return line,
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => return format!("* {missed} lines were missed"),
            // The channel lives as long as the server.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
