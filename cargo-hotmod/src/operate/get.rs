//! `cargo hotmod get`: a part of live state.

use std::fmt;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::Server;
use crate::admin::encoded;
use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};
use crate::project::OfSocket;

const EXAMPLES: &str = "\
Examples:
  cargo hotmod get world 'guests[\"ada\"].visits'
  cargo hotmod get rooms --key 7 ''";

const JSON: &str = "\
With --format json, what the server's admin answers at /v1/pools/{pool}/state: an object with the value,
and what is asked for next where there is more";

/// Shows a part of the live state of an instance
///
/// A path is like `players["ada"].items[0..20]`; an empty one is the whole state. What is secret is masked.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = with_examples(EXAMPLES, JSON))]
pub(crate) struct Get {
    /// The pool or shared instance
    pool: String,

    /// The way from the state to a part of it
    #[arg(default_value = "")]
    path: String,

    /// The key of the instance, in a pool
    #[arg(long, default_value = "")]
    key: String,

    #[command(flatten)]
    socket: OfSocket,

    #[command(flatten)]
    output: Output,
}

/// As `/v1/pools/{pool}/state` has it.
#[derive(Serialize)]
#[serde(transparent)]
struct Part(Value);

impl Get {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let server = Server::of(&self.socket)?;
        let (pool, key, path) = (encoded(&self.pool), encoded(&self.key), encoded(&self.path));
        let part = server.get(&format!("/v1/pools/{pool}/state?key={key}&path={path}"))?;
        self.output.print(&Part(part))?;
        Ok(Exit::Yes)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0.get("value").unwrap_or(&self.0);
        write!(f, "{value:#}")?;
        match self.0.get("next").and_then(Value::as_str) {
            Some(_) => f.write_str("\n… and more: name a part of it, as in `[0..100]`"),
            None => Ok(()),
        }
    }
}
