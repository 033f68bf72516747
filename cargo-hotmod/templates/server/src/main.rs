//! The server: HTTP before a module that is replaced while it runs.
//!
//! It takes up what is moved into `modules`, is operated at the socket `admin.sock` (`cargo hotmod status`), and gives its
//! state and its address to the next process (`process`): one that is started while it runs, or the one that is started
//! after it has stopped. With `ADMIN_TOKEN` in its environment, there is a page at `/hotmod/page`, too.

mod process;

use std::env;
use std::error::Error;
use std::fmt::Display;
use std::process::ExitCode;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use hotmod_admin::{Admin, Auth, Scope, Token};
use hotmod_host::{Host, PoolError, SharedInstance, Signals, Snapshots, Watch};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use hotmod_new_interface::Greeter;
use process::{Serving, Started};

type World = SharedInstance<dyn Greeter>;
type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    let host = Host::builder()
        .module_dir("modules")
        .tokio(Handle::current())
        .build()?;
    let module = host.load::<dyn Greeter>("libhotmod_new.so")?;
    let states = Snapshots::open("states")?;
    let Started {
        world,
        listener,
        before,
    } = process::start(&module, &states)?;

    let admin = Admin::new(&host, auth()?);
    let app = Router::new()
        .route("/greet/{name}", get(greet))
        .route("/visits", get(visits))
        .with_state(world.clone())
        .nest("/hotmod", admin.router());
    println!("http://{}/greet/ada", listener.local_addr()?);

    let watch = Watch::builder(&host)
        .on_report(|report| eprintln!("{report}"))
        .start()?;
    let signals = Signals::builder(&host).watch(watch).start()?;
    let serving = Serving::new();
    process::offer(&host, &listener, &serving)?;
    let at_socket = tokio::spawn({
        let admin = admin.clone();
        async move {
            // The process before has the socket until it has ended.
            if let Some(before) = before {
                tokio::task::spawn_blocking(move || before.has_ended()).await??;
            }
            admin.serve_unix("admin.sock").await
        }
    });
    // A thread of its own: the runtime would wait for one of its own to end.
    let (signalled, ends) = oneshot::channel();
    std::thread::spawn({
        let (serving, admin) = (serving.clone(), admin.clone());
        move || {
            let stopping = signals.wait();
            serving.end();
            // Ends event streams, which would hold the end up.
            admin.stop();
            let _ = signalled.send(stopping);
        }
    });

    serving.serve(&listener, app).await?;
    admin.stop();
    at_socket.await??;
    if serving.is_handed_over() {
        println!("the next process goes on");
        return Ok(());
    }
    let stopping = ends.await?;
    let stopped = tokio::task::spawn_blocking(move || stopping.finish()).await?;
    println!("{stopped}");
    let (file, saved) = states.save(&host)?;
    println!(
        "state kept in {}, {} instances",
        file.display(),
        saved.instances
    );
    Ok(())
}

/// Who may do what over HTTP. At the socket, the server's own user may do all.
fn auth() -> Result<Auth, Failure> {
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
