//! What operates a server that runs, by its admin's socket.
//!
//! Each file is a verb or a kind of them. A change shows its plan first, and is made for the version that the plan is of.

pub(crate) mod change;
pub(crate) mod events;
pub(crate) mod get;
pub(crate) mod status;

use std::path::PathBuf;

use hotmod::codes::Code;
use serde_json::Value;

use crate::admin::{Admin, Answer, Unanswered};
use crate::output::Failure;
use crate::project::OfSocket;

/// A server that is operated.
struct Server {
    admin: Admin,
    socket: PathBuf,
}

impl Server {
    fn of(socket: &OfSocket) -> Result<Self, Failure> {
        let socket = socket.find()?;
        let admin = Admin::at(&socket)?;
        Ok(Server { admin, socket })
    }

    fn failed(&self, why: Unanswered) -> Failure {
        why.failure(&self.socket)
    }

    /// What it answers, if that is what was asked for.
    fn get(&self, path: &str) -> Result<Value, Failure> {
        let answer = self.admin.get(path).map_err(|it| self.failed(it))?;
        self.granted(answer)
    }

    /// What a change would do.
    fn plan(&self, module: &str, action: &str, asked: &Value) -> Result<Value, Failure> {
        let answer = self.admin.plan(module, action, asked);
        self.granted(answer.map_err(|it| self.failed(it))?)
    }

    /// What it answers when it is asked for a change that was decided on by a plan.
    fn change(
        &self,
        module: &str,
        action: &str,
        asked: &Value,
        plan: &Value,
    ) -> Result<Answer, Failure> {
        let tag = plan["tag"].as_str().unwrap_or_default();
        let answer = self.admin.change(module, action, asked, tag);
        answer.map_err(|it| self.failed(it))
    }

    fn granted(&self, answer: Answer) -> Result<Value, Failure> {
        match answer.status.is_success() {
            true => Ok(answer.body),
            false => Err(self.denied(&answer)),
        }
    }

    fn denied(&self, answer: &Answer) -> Failure {
        let text = answer.text();
        let help = match answer.body["error"].as_str() {
            _ if text.contains("help: ") => None,
            Some("not-found") if text.starts_with("there is no instance") => Some(
                "`--key` names an instance of a pool; the admin lists them, on its page and at `/v1/pools/POOL/instances`",
            ),
            Some("not-found") => {
                Some("`cargo hotmod status` lists the modules and pools that there are")
            }
            Some("overtaken") => {
                Some("look at the plan against what runs now: run the command again")
            }
            _ => Some("the server's log and `cargo hotmod events --kept` say more"),
        };
        let code = answer.body["code"].as_str().and_then(Code::find);
        Failure::Denied { text, code, help }
    }
}
