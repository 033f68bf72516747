//! The server: HTTP before a module that is replaced while it runs.
//!
//! It takes up what is moved into `modules`, is operated at the socket `admin.sock` (`cargo hotmod status`), and keeps its
//! state in `states` when it stops. With `ADMIN_TOKEN` in its environment, there is a page at `/hotmod/page`, too.

use std::env;
use std::error::Error;
use std::fmt::Display;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use hotmod_admin::{Admin, Auth, Scope, Token};
use hotmod_host::{Host, Module, PoolError, SharedInstance, Signals, Snapshots, Watch};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use hotmod_new_interface::Greeter;

type World = SharedInstance<dyn Greeter>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let host = Host::builder()
        .module_dir("modules")
        .tokio(Handle::current())
        .build()?;
    let module = host.load::<dyn Greeter>("libhotmod_new.so")?;
    let states = Snapshots::open("states")?;
    let world = world(&module, &states)?;

    let watch = Watch::builder(&host)
        .on_report(|report| eprintln!("{report}"))
        .start()?;
    let signals = Signals::builder(&host).watch(watch).start()?;
    let admin = Admin::new(&host, auth()?);
    let at_socket = tokio::spawn({
        let admin = admin.clone();
        async move { admin.serve_unix("admin.sock").await }
    });

    let app = Router::new()
        .route("/greet/{name}", get(greet))
        .route("/visits", get(visits))
        .with_state(world.clone())
        .nest("/hotmod", admin.router());
    let port = env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    println!("http://{}/greet/ada", listener.local_addr()?);

    // Until SIGTERM or SIGINT.
    let (stopping, stops) = oneshot::channel();
    let waiting = tokio::task::spawn_blocking(move || {
        let signalled = signals.wait();
        let _ = stopping.send(());
        signalled
    });
    let stop = admin.clone();
    let serving = axum::serve(listener, app).with_graceful_shutdown(async move {
        let _ = stops.await;
        // Ends event streams, which would hold the shutdown up.
        stop.stop();
    });
    serving.await?;
    let signalled = waiting.await?;
    at_socket.await??;
    let stopped = tokio::task::spawn_blocking(move || signalled.finish()).await?;
    println!("{stopped}");
    let (file, saved) = states.save(&host)?;
    println!(
        "state kept in {}, {} instances",
        file.display(),
        saved.instances
    );
    Ok(())
}

/// The state that the last process kept, or a new one.
fn world(
    module: &Module<dyn Greeter>,
    states: &Snapshots,
) -> Result<World, Box<dyn Error + Send + Sync>> {
    let builder = SharedInstance::builder(module).name("world");
    let Some((file, snapshot)) = states.latest()? else {
        return Ok(builder.create("hello")?);
    };
    match builder.restore(&snapshot) {
        Ok(world) => {
            println!("state of {} goes on", file.display());
            Ok(world)
        }
        Err(why) => {
            Err(format!("{why}\n  help: to begin anew, move {} away", file.display()).into())
        }
    }
}

/// Who may do what over HTTP. At the socket, the server's own user may do all.
fn auth() -> Result<Auth, Box<dyn Error + Send + Sync>> {
    match env::var("ADMIN_TOKEN") {
        Ok(secret) => Ok(Auth::new().token(Token::new("admin", &secret, Scope::ALL)?)),
        Err(_) => Ok(Auth::new()),
    }
}

async fn greet(
    State(world): State<World>,
    Path(name): Path<String>,
) -> Result<String, (StatusCode, String)> {
    called(world.call(|world| world.greet(&name)))
}

async fn visits(State(world): State<World>) -> Result<String, (StatusCode, String)> {
    called(world.call_shared(|world| world.visits()))
}

/// The answer of a call, as that of a request.
fn called(result: Result<impl Display, PoolError>) -> Result<String, (StatusCode, String)> {
    match result {
        Ok(answer) => Ok(format!("{answer}\n")),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n"))),
    }
}
