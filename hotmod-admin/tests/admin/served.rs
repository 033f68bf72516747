//! A server with a module, a pool of rooms and a lobby, whose admin is nested under a prefix.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::get;
use hotmod_admin::{Admin, Auth, Limits, Scope, Token};
use hotmod_host::{Host, Module, Pool, SharedInstance};
use hotmod_tests::fixture::{BASE, Built};
use hotmod_tests::interfaces::rooms::Room;
use hotmod_tests::operated::{GROWN, MISSING, NARROW, NEXT, rooms};
use hotmod_tests::patience::PATIENCE;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A token that allows everything.
pub(crate) const ALL: &str = "all-0123456789abcdef0123456789abcdef";
/// A token that allows reading, but not states.
pub(crate) const READ: &str = "read-0123456789abcdef0123456789abcdef";
/// A token that allows only to look into states.
pub(crate) const STATE: &str = "state-0123456789abcdef0123456789abcdef";
/// A token that has expired.
pub(crate) const PAST: &str = "past-0123456789abcdef0123456789abcdef";
/// A token that the server does not know.
pub(crate) const NOBODY: &str = "nobody-0123456789abcdef0123456789abc";

static ROOMS: LazyLock<Built> = LazyLock::new(rooms);

/// A server.
pub(crate) struct Served {
    pub(crate) host: Host,
    pub(crate) module: Module<dyn Room>,
    pub(crate) rooms: Arc<Pool<u64, dyn Room>>,
    _lobby: SharedInstance<dyn Room>,
    pub(crate) admin: Admin,
    pub(crate) directory: TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) client: Client,
    server: JoinHandle<()>,
    end: oneshot::Sender<()>,
}

/// The tokens.
pub(crate) fn auth() -> Auth {
    let token = |name: &str, secret, scopes: &[Scope]| {
        Token::new(name, secret, scopes.to_vec()).expect("a token")
    };
    let past = SystemTime::now() - Duration::from_secs(1);
    Auth::new()
        .token(token("ada", ALL, &Scope::ALL))
        .token(token("reader", READ, &[Scope::Read]))
        .token(token("looker", STATE, &[Scope::State]))
        .token(token("past", PAST, &Scope::ALL).expires_at(past))
}

/// A directory with the modules, and a host that takes them from there.
pub(crate) fn hosted() -> (TempDir, Host) {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, variant) in [
        ("base.so", BASE),
        ("next.so", NEXT),
        ("narrow.so", NARROW),
        ("grown.so", GROWN),
        ("missing.so", MISSING),
    ] {
        fs::copy(ROOMS.file(variant), directory.path().join(name)).expect("a copy");
    }
    let host = Host::builder()
        .module_dir(directory.path())
        .measure_calls(1)
        .build();
    (directory, host.expect("a host"))
}

impl Served {
    pub(crate) async fn new() -> Self {
        let mut limits = Limits::default();
        // However busy the machine is, what a change comes to is waited for.
        limits.wait = PATIENCE;
        Served::with(limits).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Served::at(limits, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// At an address, such as that of a server that has ended.
    pub(crate) async fn at(limits: Limits, address: SocketAddr) -> Self {
        let (directory, host) = hosted();
        let module = host.load::<dyn Room>("base.so").expect("a module");
        let rooms = Pool::builder(&module)
            .name("rooms")
            .build()
            .expect("a pool");
        for room in 0..300 {
            rooms.create(room, &format!("#{room}")).expect("a room");
        }
        let lobby = SharedInstance::builder(&module).name("lobby");
        let lobby = lobby.create("#7").expect("a lobby");
        let admin = Admin::builder(&host, auth()).limits(limits).build();
        let app = Router::new()
            .route("/hello", get(async || "hello"))
            .merge(admin.router_at("/ops/hotmod"));
        let listener = TcpListener::bind(address).await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let (end, stops) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let app = app.into_make_service_with_connect_info::<SocketAddr>();
            let stopped = async move { stops.await.unwrap_or_default() };
            let serving = axum::serve(listener, app).with_graceful_shutdown(stopped);
            serving.await.expect("a server");
        });
        Served {
            host,
            module,
            rooms: Arc::new(rooms),
            _lobby: lobby,
            admin,
            directory,
            address,
            client: Client::new(),
            server,
            end,
        }
    }

    /// Stops the server, which waits for requests that run and streams that are open.
    pub(crate) async fn shut_down(self) {
        self.end.send(()).expect("it listens");
        self.server.await.expect("a server that ends");
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/ops/hotmod{path}", self.address)
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path)).bearer_auth(ALL)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self
            .request(Method::GET, path)
            .send()
            .await
            .expect("an answer");
        let status = response.status();
        let body = response.text().await.expect("a body");
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    }

    pub(crate) async fn refused(&self, path: &str) -> (u16, String) {
        let response = self
            .request(Method::GET, path)
            .send()
            .await
            .expect("an answer");
        code(response).await
    }

    pub(crate) fn generation(&self) -> u64 {
        self.module.publications()
    }

    /// The plan of a change.
    pub(crate) async fn plan(&self, action: &str, body: &Value) -> (u16, Value) {
        let path = format!("/v1/modules/rooms/{action}:plan");
        let response = self.request(Method::POST, &path).json(body).send().await;
        answered(response.expect("an answer")).await
    }

    /// A change, decided on by a generation.
    pub(crate) async fn change_at(
        &self,
        generation: u64,
        action: &str,
        body: &Value,
    ) -> (u16, Value) {
        let request = self.change_request(generation, action, body);
        let request = request.header("Idempotency-Key", unique());
        answered(request.send().await.expect("an answer")).await
    }

    /// A change, decided on by what runs.
    pub(crate) async fn change(&self, action: &str, body: Value) -> (u16, Value) {
        let mut body = body;
        body["reason"] = json!("a test");
        self.change_at(self.generation(), action, &body).await
    }

    pub(crate) fn change_request(
        &self,
        generation: u64,
        action: &str,
        body: &Value,
    ) -> RequestBuilder {
        let path = format!("/v1/modules/rooms/{action}");
        let request = self.request(Method::POST, &path);
        request
            .header("If-Match", format!("\"{generation}\""))
            .json(body)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// A text that no other call gives.
pub(crate) fn unique() -> String {
    static LAST: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let last = LAST.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    format!("key {last}")
}

pub(crate) async fn answered(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.text().await.expect("a body");
    let body = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
    (status, body)
}

/// The status and the name of what went wrong.
pub(crate) async fn code(response: Response) -> (u16, String) {
    let (status, body) = answered(response).await;
    (
        status,
        body["error"].as_str().unwrap_or_default().to_owned(),
    )
}
