//! `cargo hotmod status`: what a server runs.

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
  cargo hotmod status
  cargo hotmod status --socket /run/game/admin.sock --format json";

const JSON: &str = "\
With --format json, an object:
  modules                as the server's admin answers at /v1/modules
  pools                  as it answers at /v1/pools";

/// Says what the server runs: modules, versions, instances, and what needs a look
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = with_examples(EXAMPLES, JSON))]
pub(crate) struct Status {
    #[command(flatten)]
    socket: OfSocket,

    #[command(flatten)]
    output: Output,
}

/// As `/v1/modules` and `/v1/pools` have it.
#[derive(Serialize)]
struct Loaded {
    modules: Value,
    pools: Value,
}

impl Status {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let server = Server::of(&self.socket)?;
        let modules = server.get("/v1/modules")?["modules"].take();
        let pools = server.get("/v1/pools")?["pools"].take();
        self.output.print(&Loaded { modules, pools })?;
        Ok(Exit::Yes)
    }
}

fn items(of: &Value) -> impl Iterator<Item = &Value> {
    of.as_array().into_iter().flatten()
}

fn text(of: &Value) -> &str {
    of.as_str().unwrap_or("?")
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_first = true;
        for module in items(&self.modules) {
            if !std::mem::take(&mut is_first) {
                f.write_str("\n")?;
            }
            self.module(f, module)?;
        }
        if is_first {
            f.write_str("no module is loaded")?;
        }
        Ok(())
    }
}

impl Loaded {
    fn module(&self, f: &mut fmt::Formatter<'_>, module: &Value) -> fmt::Result {
        let version = text(&module["version"]);
        let current = items(&module["versions"]).find(|it| it["current"] == true);
        let digest = current.map_or("?", |it| text(&it["digest"]));
        let name = text(&module["name"]);
        write!(
            f,
            "{name} {version} ({}), generation {}",
            digest.get(..8).unwrap_or(digest),
            module["generation"]
        )?;
        if let Some(before) = module["previous_version"].as_str() {
            write!(f, ", before it {before}")?;
        }
        for version in items(&module["versions"]).filter(|it| it["current"] != true) {
            for needed in items(&version["needed"]) {
                write!(
                    f,
                    "\n  {} is kept: {}",
                    text(&version["version"]),
                    text(&needed["text"])
                )?;
            }
        }
        for pool in items(&self.pools).filter(|it| it["module"] == module["name"]) {
            write!(
                f,
                "\n  {}: {} instances",
                text(&pool["name"]),
                pool["instances"]
            )?;
            let versions = pool["versions"].as_object().into_iter().flatten();
            for (version, count) in versions {
                write!(f, ", {count} at {version}")?;
            }
            if pool["stuck"].as_u64() > Some(0) {
                write!(f, ", {} that do not fit", pool["stuck"])?;
            }
        }
        if let Some(reason) = module["frozen"].as_str() {
            write!(f, "\n  frozen: {reason}")?;
        }
        if let Some(canary) = module.get("canary").filter(|it| !it.is_null()) {
            let state = text(&canary["state"]);
            // What came of it may be long ago: another change may have undone it since.
            let which = match state {
                "running" => "canary",
                _ => "last canary",
            };
            write!(f, "\n  {which}: {}, {state}", text(&canary["version"]))?;
        }
        for place in items(&module["panics"]["places"]) {
            write!(
                f,
                "\n  panicked {} times at {}: {}",
                place["count"],
                text(&place["place"]),
                text(&place["message"])
            )?;
        }
        for straggler in items(&module["stragglers"]) {
            write!(f, "\n  left behind: {}", text(&straggler["text"]))?;
        }
        Ok(())
    }
}
