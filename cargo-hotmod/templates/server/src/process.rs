//! What this process has of the one before, and gives to the next.

use std::env;
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use axum::Router;
use hotmod_host::{Handoff, HandoffStep, Host, Module, SharedInstance, Snapshots, TakenOver};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

use hotmod_new_interface::Greeter;

use crate::{Failure, World};

/// Where a process that is to take this one's place meets it.
const MEETING: &str = "handoff.sock";

/// How long requests may take to end, before their process goes on without them.
const DRAINING: Duration = Duration::from_secs(1);

/// How long the process before may take to end.
const ENDING: Duration = Duration::from_secs(30);

/// What this process begins with.
pub struct Started {
    pub world: World,
    pub listener: TcpListener,
    /// The process that handed over, if one runs.
    pub before: Option<Before>,
}

/// The process that has handed over.
pub struct Before(TakenOver<World>);

/// Takes the place of the process that runs, goes on with the state that the last one kept, or begins anew.
pub fn start(module: &Module<dyn Greeter>, states: &Snapshots) -> Result<Started, Failure> {
    let builder = SharedInstance::builder(module).name("world");
    if let Some(running) = Handoff::meet(MEETING)? {
        let mut taken = running.take_over(|rest| builder.restore(rest))?;
        let socket = taken.socket("http").ok_or("no socket came over")?;
        println!("state of the process before goes on");
        return Ok(Started {
            world: taken.rest.clone(),
            listener: socket.into(),
            before: Some(Before(taken)),
        });
    }
    let world = match states.latest()? {
        None => builder.create("hello")?,
        Some((file, snapshot)) => {
            let world = builder.restore(&snapshot).map_err(|why| {
                format!("{why}\n  help: to begin anew, move {} away", file.display())
            })?;
            println!("state of {} goes on", file.display());
            world
        }
    };
    let port = env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let address = format!("127.0.0.1:{port}");
    let listener = TcpListener::bind(&address).map_err(|error| {
        format!("{address}: {error}\n  help: PORT=8081 has it listen at another port")
    })?;
    Ok(Started {
        world,
        listener,
        before: None,
    })
}

impl Before {
    /// Waits until it has ended.
    pub fn has_ended(&self) -> std::io::Result<bool> {
        self.0.is_alone(ENDING)
    }
}

/// Offers this process' state and address to the next one, for as long as it runs.
pub fn offer(host: &Host, listener: &TcpListener, serving: &Serving) -> Result<(), Failure> {
    let pausing = serving.clone();
    let runtime = Handle::current();
    let offer = host
        .offer_handoff(MEETING)?
        .socket("http", listener)?
        .on_step(move |step| {
            // What comes from now on waits for the next process. What came is answered by this one.
            if matches!(step, HandoffStep::Round { number: 1, .. }) {
                runtime.block_on(pausing.pause());
            }
        });
    let serving = serving.clone();
    thread::spawn(move || {
        loop {
            match offer.wait() {
                Ok(_next) => return serving.set(Stage::HandedOver),
                Err(error) => {
                    eprintln!("{error}");
                    serving.set(Stage::Accepts);
                }
            }
        }
    });
    Ok(())
}

/// Whether this process serves.
#[derive(Clone)]
pub struct Serving(watch::Sender<Stage>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Accepts,
    /// Answers the requests that it has.
    Pauses,
    /// Has none any more.
    Paused,
    HandedOver,
    Ends,
}

impl Serving {
    pub fn new() -> Self {
        Serving(watch::Sender::new(Stage::Accepts))
    }

    /// Has no further requests be accepted, for good.
    pub fn end(&self) {
        self.set(Stage::Ends);
    }

    pub fn is_handed_over(&self) -> bool {
        *self.0.borrow() == Stage::HandedOver
    }

    fn set(&self, stage: Stage) {
        // What has ended does not begin anew.
        self.0.send_if_modified(|now| {
            let goes_on = *now != Stage::Ends;
            if goes_on {
                *now = stage;
            }
            goes_on
        });
    }

    /// Has no further requests be accepted, and waits for the answers of those that were.
    async fn pause(&self) {
        self.set(Stage::Pauses);
        let mut stages = self.0.subscribe();
        let answered = stages.wait_for(|it| *it != Stage::Pauses);
        // A stream of events may last for ever.
        let _ = timeout(DRAINING, answered).await;
    }

    /// Serves, until this process ends or has handed over.
    pub async fn serve(&self, listener: &TcpListener, app: Router) -> Result<(), Failure> {
        listener.set_nonblocking(true)?;
        let mut stages = self.0.subscribe();
        loop {
            let accepts_or_ends = |it: &Stage| !matches!(it, Stage::Pauses | Stage::Paused);
            if *stages.wait_for(accepts_or_ends).await? != Stage::Accepts {
                return Ok(());
            }
            let (mut pauses, mut resumes) = (stages.clone(), stages.clone());
            let accepting = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
            // The audit says from which address a change was asked for.
            let app = app
                .clone()
                .into_make_service_with_connect_info::<SocketAddr>();
            let answering = axum::serve(accepting, app).with_graceful_shutdown(async move {
                let _ = pauses.wait_for(|it| *it != Stage::Accepts).await;
            });
            let resuming = async {
                resumes.wait_for(|it| *it != Stage::Accepts).await?;
                let goes_on = |it: &Stage| matches!(it, Stage::Accepts | Stage::HandedOver);
                resumes.wait_for(goes_on).await.map(drop)
            };
            tokio::select! {
                answered = answering => answered?,
                resumed = resuming => resumed?,
            }
            self.0.send_if_modified(|now| {
                let is_done = *now == Stage::Pauses;
                if is_done {
                    *now = Stage::Paused;
                }
                is_done
            });
        }
    }
}
