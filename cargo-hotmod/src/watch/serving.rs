//! The server that `run` has: how it is started, replaced and stopped.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hotmod::printed::Line;
use serde_json::Value;

use super::alone::is_unserved;
use super::sources::Sources;
use super::told::{Began, Told};
use super::watching::{Known, Stamp, Wake, Watching};
use crate::output::Failure;
use crate::placed::Beside;
use crate::processes::ProcessGroup;

/// How long a server may take to stop in order. By itself it takes 25 s at most, unless it was told otherwise.
const STOPPING: Duration = Duration::from_secs(40);

/// How long it may take until its admin answers.
const STARTING: Duration = Duration::from_secs(30);

/// How long it may take to take over from the one that runs: state goes over, and that one ends.
const TAKING_OVER: Duration = Duration::from_secs(90);

impl Watching {
    /// Has the server that was built take the place of the one that runs, if one does: by a handoff, where that one offers
    /// one, and otherwise after it was stopped.
    pub(super) fn replace(
        &mut self,
        program: &Path,
        built: Vec<(String, Beside, Sources)>,
        of: (Sources, Stamp),
        begun: Instant,
    ) -> Result<(), Failure> {
        let before = self.instances();
        let runs = self.server.as_ref().is_some_and(|it| it.serving.is_some());
        let offers = self.project.handoff.as_ref().is_some_and(|it| it.exists());
        let hands_over = runs && offers;
        if !runs {
            is_unserved(&self.project, &self.admin)?;
        }
        if !hands_over {
            self.stop()?;
        }
        for (package, beside, sources) in built {
            let digest = beside.digest();
            beside.place()?;
            self.known.insert(package, Known { digest, sources });
        }
        let (sources, stamp) = of;
        let Some(server) = &mut self.server else {
            return Ok(());
        };
        // So that it is not tried again before the next save.
        server.sources = Some(sources);
        let started = self.start(program)?;
        let process = started.number();
        let serving = match hands_over {
            false => Some(started),
            true => self.taken_over_by(started)?,
        };
        let (Some(serving), Some(server)) = (serving, &mut self.server) else {
            return Ok(());
        };
        (server.serving, server.stamp) = (Some(serving), Some(stamp));
        // It answers, or ends.
        let deadline = Instant::now() + STARTING;
        while !self.admin.listens() {
            match self.wakes.recv_timeout(Duration::from_millis(10)) {
                Ok(Wake::ServerEnded(ended)) if ended == process => return self.served(ended),
                Ok(wake) => self.kept.push_back(wake),
                Err(_) if Instant::now() > deadline => break,
                Err(_) => {}
            }
        }
        self.tell(&Told::Serving {
            took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            began: match (runs, hands_over) {
                (false, _) => Began::Anew,
                (true, false) => Began::Restarted,
                (true, true) => Began::TookOver,
            },
            before,
            instances: self.instances(),
        })
    }

    /// Starts a server, beside the one that runs if one does.
    fn start(&mut self, program: &Path) -> Result<ProcessGroup, Failure> {
        let arguments = self.server.as_ref().map(|it| it.arguments.as_slice());
        let mut command = Command::new(program);
        command
            .args(arguments.unwrap_or_default())
            .current_dir(&self.project.root)
            .stdin(Stdio::null());
        if self.output.is_json() {
            // Standard output is for what programs read.
            command.stdout(io::stderr());
        }
        let started = ProcessGroup::start_in_order(&mut command).map_err(|error| {
            Failure::undone(
                format!("{} cannot be run: {error}", Line(program.display())),
                "check the program",
            )
        })?;
        let wake = self.wake.clone();
        started.on_end(move |process| drop(wake.send(Wake::ServerEnded(process))));
        Ok(started)
    }

    /// Waits until the server that runs has handed over to the one that was started, which is given then. Where that comes
    /// to nothing, the one that runs goes on.
    fn taken_over_by(&mut self, mut next: ProcessGroup) -> Result<Option<ProcessGroup>, Failure> {
        let running = self.server.as_ref().and_then(|it| it.serving.as_ref());
        let running = running.map(ProcessGroup::number);
        let deadline = Instant::now() + TAKING_OVER;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.wakes.recv_timeout(left) {
                Ok(Wake::ServerEnded(process)) if Some(process) == running => {
                    if let Some(mut ended) = self.server.as_mut().and_then(|it| it.serving.take()) {
                        ended.wait()?;
                    }
                    return Ok(Some(next));
                }
                Ok(Wake::ServerEnded(process)) if process == next.number() => {
                    let status = next.wait()?.to_string();
                    self.tell(&Told::NotTakenOver { status })?;
                    return Ok(None);
                }
                Ok(wake) => self.kept.push_back(wake),
                // To drop it ends it.
                Err(_) => {
                    let status = format!("not within {} s", TAKING_OVER.as_secs());
                    self.tell(&Told::NotTakenOver { status })?;
                    return Ok(None);
                }
            }
        }
    }

    /// How many instances the server's pools have, by their names; `None` if none runs.
    fn instances(&self) -> Option<BTreeMap<String, u64>> {
        let pools = self.admin.get("/v1/pools").ok()?.body["pools"].take();
        let of = |it: &Value| Some((it["name"].as_str()?.to_owned(), it["instances"].as_u64()?));
        Some(pools.as_array()?.iter().filter_map(of).collect())
    }

    /// Stops the server, if one runs.
    pub(super) fn stop(&mut self) -> Result<(), Failure> {
        let Some(mut serving) = self.server.as_mut().and_then(|it| it.serving.take()) else {
            return Ok(());
        };
        serving.ask_to_stop();
        let deadline = Instant::now() + STOPPING;
        loop {
            match self
                .wakes
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(Wake::ServerEnded(process)) if process == serving.number() => {
                    serving.wait()?;
                    return Ok(());
                }
                Ok(wake) => self.kept.push_back(wake),
                // To drop it ends it.
                Err(_) => {
                    return self.tell(&Told::Killed {
                        seconds: STOPPING.as_secs(),
                    });
                }
            }
        }
    }

    /// Notes that a server has ended by itself.
    pub(super) fn served(&mut self, process: u32) -> Result<(), Failure> {
        let Some(server) = &mut self.server else {
            return Ok(());
        };
        match server.serving.take() {
            Some(mut serving) if serving.number() == process => {
                let status = serving.wait()?.to_string();
                self.tell(&Told::Ended { status })
            }
            other => {
                server.serving = other;
                Ok(())
            }
        }
    }
}
