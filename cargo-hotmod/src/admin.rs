//! A server that runs, as its admin answers at a socket.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, IF_MATCH, LOCATION};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

use hotmod::printed::Line;

use crate::output::Failure;

/// A server's admin.
pub(crate) struct Admin {
    socket: PathBuf,
    runtime: Runtime,
}

/// What it answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    /// Where an operation is followed that goes on.
    location: Option<String>,
}

/// The version of a module that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Current {
    /// That of its generation.
    pub(crate) tag: String,
    pub(crate) version: String,
    pub(crate) digest: String,
}

/// Something that happened in the server.
pub(crate) struct Happening {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) what: Value,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// No server listens there.
    Nobody,
    /// It listens, and something else went wrong.
    Broken(String),
}

impl Admin {
    /// The admin at this socket, which may listen or not.
    pub(crate) fn at(socket: &Path) -> Result<Self, Failure> {
        // A path of a socket has at most 107 bytes, and the one from here is shorter.
        let here = std::env::current_dir().ok();
        let relative = here.and_then(|it| socket.strip_prefix(it).ok());
        Ok(Admin {
            socket: relative.unwrap_or(socket).to_owned(),
            runtime: Builder::new_current_thread().enable_io().build()?,
        })
    }

    /// Asks.
    pub(crate) fn get(&self, path: &str) -> Result<Answer, Unanswered> {
        self.answer(Method::GET, path, None, None)
    }

    /// What a change would do.
    pub(crate) fn plan(
        &self,
        module: &str,
        action: &str,
        body: &Value,
    ) -> Result<Answer, Unanswered> {
        let path = format!("/v1/modules/{}/{action}:plan", encoded(module));
        self.answer(Method::POST, &path, Some(body), None)
    }

    /// Makes a change, decided on at the generation with this tag, and waits for what comes of it.
    pub(crate) fn change(
        &self,
        module: &str,
        action: &str,
        body: &Value,
        tag: &str,
    ) -> Result<Answer, Unanswered> {
        let path = format!("/v1/modules/{}/{action}", encoded(module));
        let mut answer = self.answer(Method::POST, &path, Some(body), Some(tag))?;
        while answer.status == StatusCode::ACCEPTED {
            let Some(id) = answer
                .location
                .as_deref()
                .and_then(|it| it.rsplit('/').next())
            else {
                return Err(Unanswered::Broken(
                    "it does not say where to follow the change".to_owned(),
                ));
            };
            // It keeps the answer back for as long as it may, so this does not spin.
            std::thread::sleep(std::time::Duration::from_millis(50));
            let mut followed = self.get(&format!("/v1/operations/{id}"))?;
            let result = followed.body["result"].take();
            let status = followed.body["status"]
                .as_u64()
                .and_then(|it| u16::try_from(it).ok());
            if let Some(status) = status.and_then(|it| StatusCode::from_u16(it).ok())
                && status != StatusCode::ACCEPTED
            {
                answer = Answer {
                    status,
                    body: result,
                    location: None,
                };
            }
        }
        Ok(answer)
    }

    /// The version of a module that runs; `None` if there is no such module.
    pub(crate) fn current(&self, module: &str) -> Result<Option<Current>, Unanswered> {
        let answer = self.get(&format!("/v1/modules/{}", encoded(module)))?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let versions = answer.body["versions"].as_array();
        let mut versions = versions.into_iter().flatten();
        let current = versions.find(|it| it["current"] == true);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let read = || {
            Some(Current {
                tag: text(&answer.body["tag"])?,
                version: text(&answer.body["version"])?,
                digest: text(&current?["digest"])?,
            })
        };
        let found = read();
        found
            .map(Some)
            .ok_or_else(|| Unanswered::Broken(answer.text()))
    }

    /// Whether it listens.
    pub(crate) fn listens(&self) -> bool {
        self.get("/healthz").is_ok()
    }

    fn answer(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        tag: Option<&str>,
    ) -> Result<Answer, Unanswered> {
        self.runtime.block_on(async {
            let response = self.send(method, path, body, tag).await?;
            let status = response.status();
            let location = response
                .headers()
                .get(LOCATION)
                .and_then(|it| it.to_str().ok())
                .map(str::to_owned);
            let bytes = response
                .into_body()
                .collect()
                .await
                .map_err(Unanswered::broken)?
                .to_bytes();
            let body = serde_json::from_slice(&bytes);
            let body = body
                .unwrap_or_else(|_| json!({ "message": String::from_utf8_lossy(&bytes).trim() }));
            Ok(Answer {
                status,
                body,
                location,
            })
        })
    }

    /// Gives what happens to `hear`, event by event, until the server ends the stream or `hear` says that it has enough.
    pub(crate) fn events(
        &self,
        since: Option<&str>,
        mut hear: impl FnMut(&Happening) -> bool,
    ) -> Result<(), Unanswered> {
        self.runtime.block_on(async {
            let since = since.map_or_else(String::new, |it| format!("?since={it}"));
            let path = format!("/v1/events{since}");
            let mut body = self.send(Method::GET, &path, None, None).await?.into_body();
            let mut text = Vec::new();
            while let Some(frame) = body.frame().await {
                let Ok(data) = frame.map_err(Unanswered::broken)?.into_data() else {
                    continue;
                };
                text.extend_from_slice(&data);
                // An event ends with an empty line.
                while let Some(end) = text.windows(2).position(|it| it == b"\n\n") {
                    let event: Vec<u8> = text.drain(..end + 2).collect();
                    if let Some(told) = Happening::parse(&String::from_utf8_lossy(&event))
                        && !hear(&told)
                    {
                        return Ok(());
                    }
                }
            }
            Ok(())
        })
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        tag: Option<&str>,
    ) -> Result<Response<Incoming>, Unanswered> {
        let stream =
            UnixStream::connect(&self.socket)
                .await
                .map_err(|error| match error.kind() {
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused => Unanswered::Nobody,
                    _ => Unanswered::Broken(error.to_string()),
                })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(Unanswered::broken)?;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "localhost");
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(tag) = tag {
            request = request
                .header(IF_MATCH, format!("\"{tag}\""))
                .header("Idempotency-Key", key());
        }
        let body = body.map_or_else(Bytes::new, |it| it.to_string().into());
        let request = request.body(Full::new(body)).map_err(Unanswered::broken)?;
        // It is polled as long as the response is read, and ends with it.
        tokio::spawn(connection);
        sender
            .send_request(request)
            .await
            .map_err(Unanswered::broken)
    }
}

/// A new text for each change.
fn key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!(
        "cargo-hotmod-{}-{}-{number}",
        std::process::id(),
        now.as_nanos()
    )
}

/// A text as a part of an address.
pub(crate) fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let encode = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    name.bytes().map(encode).collect()
}

impl Happening {
    /// Reads a server-sent event.
    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let lines = text.lines().filter_map(|it| it.strip_prefix(name));
            let values: Vec<&str> = lines.map(|it| it.strip_prefix(' ').unwrap_or(it)).collect();
            (!values.is_empty()).then(|| values.join("\n"))
        };
        Some(Happening {
            id: field("id:").unwrap_or_default(),
            kind: field("event:")?,
            what: serde_json::from_str(&field("data:")?).ok()?,
        })
    }
}

impl Answer {
    /// What it says, for people.
    pub(crate) fn text(&self) -> String {
        let text = self.body["text"].as_str().or(self.body["message"].as_str());
        text.map_or_else(|| self.body.to_string(), str::to_owned)
    }
}

impl Unanswered {
    fn broken(error: impl fmt::Display) -> Self {
        Unanswered::Broken(error.to_string())
    }

    /// As what ends a verb.
    pub(crate) fn failure(self, socket: &Path) -> Failure {
        let socket = Line(socket.display());
        match self {
            Unanswered::Nobody => Failure::undone(
                format!("no server answers at {socket}"),
                "start it (`cargo hotmod run`), or name the socket of its admin by `--socket`",
            ),
            Unanswered::Broken(error) => Failure::undone(
                format!("the server at {socket} cannot be asked: {error}"),
                "look at the server's log; `cargo hotmod status` asks again",
            ),
        }
    }
}

impl From<io::Error> for Unanswered {
    fn from(error: io::Error) -> Self {
        Unanswered::broken(error)
    }
}
