//! `cargo hotmod events`: what happens in a server.

use std::fmt;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::Server;
use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};
use crate::project::OfSocket;

const EXAMPLES: &str = "\
Examples:
  cargo hotmod events
  cargo hotmod events --kept --format json";

const JSON: &str = "\
With --format json, an object a line, as it happens:
  kind                   \"update\", or what else the server's admin tells of; \"missed\" where some of it is
                         kept no more
  event                  as the admin tells it at /v1/events";

/// Shows what happens in the server, as it happens: updates step by step, and who changed what
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = with_examples(EXAMPLES, JSON))]
pub(crate) struct Events {
    /// Show what has happened as far as the server keeps it, and end
    #[arg(long)]
    kept: bool,

    #[command(flatten)]
    socket: OfSocket,

    #[command(flatten)]
    output: Output,
}

/// Something that happened.
#[derive(Serialize)]
struct Happened<'a> {
    kind: &'a str,
    event: &'a Value,
}

impl Events {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let server = Server::of(&self.socket)?;
        let last = server.get("/v1")?["last_event"].take();
        let since = self.kept.then_some("start");
        // A server that has told nothing yet has a number 0, which no event has.
        if self.kept && last.as_str().is_some_and(|it| it.ends_with("-0")) {
            return Ok(Exit::Yes);
        }
        let mut printed = Ok(());
        let ended = server.admin.events(since, |told| {
            let (kind, event) = (&*told.kind, &told.what);
            printed = self.output.print_happening(&Happened { kind, event });
            printed.is_ok() && !(self.kept && last == *told.id)
        });
        printed?;
        ended.map_err(|it| server.failed(it))?;
        Ok(Exit::Yes)
    }
}

impl fmt::Display for Happened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |name: &str| self.event[name].as_str();
        if self.kind == "missed" {
            return write!(f, "some of what happened is kept no more");
        }
        if self.kind != "update" {
            let names = ["action", "module", "outcome", "caller", "reason"];
            let said = names.into_iter().filter_map(text);
            let parts: Vec<&str> = said.filter(|it| !it.is_empty()).collect();
            return write!(f, "{}: {}", self.kind, parts.join(", "));
        }
        write!(f, "{} ", text("module").unwrap_or_default())?;
        match (text("from"), text("to")) {
            (Some(from), Some(to)) => write!(f, "{from} → {to}: ")?,
            (from, to) => write!(f, "{}: ", from.or(to).unwrap_or_default())?,
        }
        f.write_str(text("state").unwrap_or_default())?;
        match text("reason") {
            Some(reason) => write!(f, ", {reason}"),
            None => Ok(()),
        }
    }
}
