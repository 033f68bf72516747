//! A client of the server, as a person with curl would be.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Failure;

/// Longer than any answer takes, so that a server that hangs ends the demo.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client that keeps its connection.
pub(crate) struct Client {
    agent: ureq::Agent,
    server: String,
}

/// A status, and the text that came with it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Client {
    pub(crate) fn new(server: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(PATIENCE));
        Client {
            agent: config.build().into(),
            server: server.to_owned(),
        }
    }

    /// `GET /hello?name=…&world=…`
    pub(crate) fn hello(&self, name: &str, world: u64) -> Result<Answer, Failure> {
        let request = self.agent.get(format!("{}/hello", self.server));
        let request = request.query("name", name);
        answer(request.query("world", world.to_string()).call()?)
    }

    /// `GET /ranking?world=…`
    pub(crate) fn ranking(&self, world: u64) -> Result<Answer, Failure> {
        let request = self.agent.get(format!("{}/ranking", self.server));
        answer(request.query("world", world.to_string()).call()?)
    }

    /// `GET /worlds`
    pub(crate) fn worlds(&self) -> Result<BTreeMap<String, usize>, Failure> {
        let request = self.agent.get(format!("{}/worlds", self.server));
        Ok(serde_json::from_str(&answer(request.call()?)?.text)?)
    }

    /// `POST /load?module=…`
    pub(crate) fn load(&self, module: &str) -> Result<Answer, Failure> {
        let request = self.agent.post(format!("{}/load", self.server));
        answer(request.query("module", module).send_empty()?)
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, Failure> {
    Ok(Answer {
        status: response.status().as_u16(),
        text: response.body_mut().read_to_string()?,
    })
}
