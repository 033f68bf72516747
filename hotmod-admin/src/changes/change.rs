//! What a change is, and what is refused of it.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use hotmod::codes;
use hotmod_file::json::{JsonBuild, JsonChange, JsonComparison};
use hotmod_host::describe::Rule;
use hotmod_host::{Module, Refusal, Untyped};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::body;
use crate::fault::{Fault, to_value};
use crate::ring::Ring;
use crate::shared::Shared;
use crate::views;

/// The longest that a change may be told to take instances along for.
const LONGEST_SETTLE: Duration = Duration::from_secs(600);

/// A change of a module, as its body asks for it.
pub(crate) trait Change: Send {
    /// Why, as the caller says.
    fn reason(&self) -> Option<&str>;

    /// What would happen.
    fn plan(&self, on: &On) -> Result<Value, Fault>;

    /// Has it happen. Answers 409 where another version is current than at the generation.
    fn apply(&self, on: &On, generation: u64) -> Result<Value, Fault>;
}

type Read = fn(&[u8]) -> Result<Box<dyn Change>, Fault>;

/// A kind of change.
#[derive(Clone, Copy)]
pub(crate) struct Action {
    /// Its name, in the route and in the audit.
    pub(crate) name: &'static str,
    /// One of it, as the body of a request has it.
    pub(super) read: Read,
}

impl Action {
    pub(super) const fn of<C: Change + DeserializeOwned + 'static>(name: &'static str) -> Self {
        Action {
            name,
            read: |body| Ok(Box::new(body::parse::<C>(body)?)),
        }
    }
}

/// What is changed.
pub(crate) struct On {
    pub(crate) shared: Arc<Shared>,
    pub(crate) module: Module<Untyped>,
}

impl On {
    pub(super) fn new(shared: Arc<Shared>, module: &str) -> Result<Self, Fault> {
        let found = shared.host.module(module);
        let module = found.ok_or_else(|| Fault::not_found("module", module))?;
        Ok(On { shared, module })
    }

    /// Refuses what was decided on when another version was current.
    pub(crate) fn refuse_if_overtaken(&self, generation: u64) -> Result<(), Fault> {
        match views::generation(&self.module) == generation {
            true => Ok(()),
            false => Err(self.overtaken("another version became current since")),
        }
    }

    /// Each time that the change was planned, a version became current meanwhile.
    pub(crate) fn overtaken_while_planned(&self) -> Fault {
        self.overtaken("versions become current faster than a change is planned")
    }

    /// The change was decided on by what another server ran, such as the one before this.
    pub(crate) fn of_another_server(&self) -> Fault {
        self.overtaken("the server was started anew since")
    }

    /// The change was not carried out, since another one was asked for before it began.
    pub(crate) fn replaced(&self) -> Fault {
        self.overtaken("another change was asked for since")
    }

    fn overtaken(&self, what: &str) -> Fault {
        // Read first: what is told beside it may be newer, and a change that is decided on by it is refused then.
        let now = views::generation(&self.module);
        let message = format!(
            "{what}: {} of module `{}` runs now; look at it, and decide again",
            self.module.version(),
            self.module.name()
        );
        let tag = self.shared.ring.id(now);
        Fault::new(StatusCode::CONFLICT, codes::OVERTAKEN, message)
            .with(json!({ "generation": now, "tag": tag }))
    }

    /// A refusal, as `cargo hotmod diff --format json` prints one, with its text.
    pub(crate) fn refused(&self, refusal: &Refusal) -> Fault {
        if refusal
            .differences()
            .iter()
            .any(|it| it.rule == Rule::Overtaken)
        {
            return self.overtaken("another version became current since");
        }
        match self.refusal(refusal) {
            Ok(details) => {
                let text = refusal.to_string();
                Fault::new(StatusCode::UNPROCESSABLE_ENTITY, codes::REFUSED, text).with(details)
            }
            Err(fault) => fault,
        }
    }

    /// A plan that comes to a refusal.
    pub(crate) fn would_be_refused(&self, refusal: &Refusal) -> Result<Value, Fault> {
        let mut plan = self.refusal(refusal)?;
        plan["text"] = json!(refusal.to_string());
        Ok(plan)
    }

    fn refusal(&self, refusal: &Refusal) -> Result<Value, Fault> {
        self.with_old(|old| {
            let mut details = to_value(&JsonComparison::refused(old, refusal))?;
            details["stage"] = json!(refusal.stage().as_str());
            Ok(details)
        })
    }

    /// What runs, as one side of a comparison.
    pub(crate) fn with_old<R>(&self, then: impl FnOnce(Option<JsonBuild<'_>>) -> R) -> R {
        let manifest = self.module.manifest();
        let versions = self.module.versions();
        let current = versions.iter().find(|it| it.is_current);
        let build = manifest.build.as_ref();
        then(build.zip(current).map(|(build, current)| {
            JsonBuild::locked(&current.file, build).with_digest(current.digest)
        }))
    }
}

/// What differs, as JSON.
pub(crate) fn differences(all: &[hotmod_host::describe::Difference]) -> Result<Value, Fault> {
    to_value(&all.iter().map(JsonChange::of).collect::<Vec<_>>())
}

/// For how long to take instances along, as a request says.
pub(crate) fn settle(millis: Option<u64>) -> Result<Option<Duration>, Fault> {
    let within = millis.map(Duration::from_millis);
    if within.is_some_and(|it| it > LONGEST_SETTLE) {
        let message = format!("instances are taken along for {LONGEST_SETTLE:?} at most");
        return Err(Fault::bad(codes::TOO_LONG, message));
    }
    Ok(within)
}

/// A generation as a tag, which no other server gives.
pub(crate) fn tag(ring: &Ring, generation: u64) -> String {
    format!("\"{}\"", ring.id(generation))
}
