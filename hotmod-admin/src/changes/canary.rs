//! Candidates that a share of a pool's instances follows.

use hotmod::codes;
use hotmod_host::describe::Difference;
use hotmod_host::{CallLimits, Canary, CanaryState};
use serde::Deserialize;
use serde_json::{Value, json};

use super::change::{Change, On, differences, settle};
use super::update::{self, view};
use crate::body;
use crate::fault::Fault;
use crate::files;
use crate::views;

/// Puts the version in a file on trial with a share of a pool's instances.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginCanary {
    file: String,
    /// The pool, by its name in the host.
    pool: String,
    /// How many of a hundred instances.
    percent: f64,
    #[serde(default, deserialize_with = "body::given")]
    reason: Option<String>,
    /// The greatest share of calls that may panic.
    #[serde(default, deserialize_with = "body::given")]
    max_panics: Option<f64>,
    /// The greatest share of calls that may fail or panic.
    #[serde(default, deserialize_with = "body::given")]
    max_errors: Option<f64>,
    /// How many calls there must be before a share means anything.
    #[serde(default, deserialize_with = "body::whole")]
    least_calls: Option<u64>,
    /// For how long its end takes instances along.
    #[serde(default, deserialize_with = "body::whole")]
    settle_ms: Option<u64>,
}

impl BeginCanary {
    fn refuse_what_is_unfit(&self, on: &On) -> Result<hotmod_host::NamedPool, Fault> {
        settle(self.settle_ms)?;
        if !(0.0..=100.0).contains(&self.percent) {
            return Err(Fault::bad(
                codes::PERCENT_UNFIT,
                "`percent` is a number from 0 to 100",
            ));
        }
        let mut shares = [self.max_panics, self.max_errors].into_iter().flatten();
        // One that no calls can exceed would be no limit, without a word.
        if shares.any(|it| !(0.0..=1.0).contains(&it)) {
            return Err(Fault::bad(
                codes::SHARE_UNFIT,
                "`max_panics` and `max_errors` are shares of the calls, from 0 to 1",
            ));
        }
        let pool = on.shared.host.named_pool(&self.pool);
        let pool = pool.filter(|it| it.module() == on.module.name());
        pool.ok_or_else(|| Fault::not_found("pool of this module with the name", &self.pool))
    }

    fn limits(&self) -> CallLimits {
        let mut limits = CallLimits::new();
        if let Some(share) = self.max_panics {
            limits = limits.panics(share);
        }
        if let Some(share) = self.max_errors {
            limits = limits.errors(share);
        }
        if let Some(calls) = self.least_calls {
            limits = limits.least(calls);
        }
        limits
    }
}

impl Change for BeginCanary {
    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn plan(&self, on: &On) -> Result<Value, Fault> {
        let pool = self.refuse_what_is_unfit(on)?;
        let file = files::named(&on.shared.host, &self.file)?;
        let (instances, percent) = (pool.len(), self.percent);
        let planned = on.module.plan_canary(file);
        let mut plan = update::compared(on, &planned, |plan| {
            let to = &plan.candidate.build().version;
            format!(
                "{to} would be on trial with {percent} % of the {instances} instances of `{}`; {}{}",
                self.pool,
                update::of_state(plan),
                taken_back(&plan.losses)
            )
        })?;
        if let Ok(planned) = &planned {
            plan["losses"] = differences(&planned.losses)?;
        }
        plan["instances"] = json!(instances);
        plan["percent"] = json!(self.percent);
        Ok(plan)
    }

    fn apply(&self, on: &On, generation: u64) -> Result<Value, Fault> {
        let pool = self.refuse_what_is_unfit(on)?;
        let file = files::named(&on.shared.host, &self.file)?;
        on.refuse_if_overtaken(generation)?;
        let within = settle(self.settle_ms)?;
        let begun = pool.canary(file, self.percent, self.limits(), within);
        let begun = begun.ok_or_else(|| Fault::not_found("pool", &self.pool))?;
        let canary = begun.map_err(|refusal| on.refused(&refusal))?;
        // An update may have come between. It was not to be tried against that; and from here on none comes.
        if let Err(overtaken) = on.refuse_if_overtaken(generation) {
            let _ = canary.abort();
            return Err(overtaken);
        }
        let view = views::canary(&canary);
        let differences = differences(canary.differences())?;
        let losses = self::differences(canary.losses())?;
        let (version, percent) = (canary.version().to_owned(), self.percent);
        on.shared.keep_canary(on.module.name(), canary);
        let text = format!(
            "{version} is on trial with {percent} % of the instances of `{}`",
            self.pool
        );
        Ok(json!({ "canary": view, "differences": differences, "losses": losses, "text": text }))
    }
}

/// How many losses a text names.
const NAMED: usize = 8;

/// What an abort would lose, as the end of a sentence, if it would lose something.
fn taken_back(losses: &[Difference]) -> String {
    if losses.is_empty() {
        return String::new();
    }
    let paths: Vec<&str> = losses.iter().take(NAMED).map(|it| &*it.path).collect();
    let more = match losses.len() - paths.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "; what an abort takes back loses {}{more}",
        paths.join(", ")
    )
}

/// The canary of a module, if it was begun here and runs.
fn running(on: &On) -> Result<Canary, Fault> {
    let canary = on.shared.canary(on.module.name());
    let canary = canary.filter(|it| it.state() == CanaryState::Running);
    canary.ok_or_else(|| {
        Fault::not_found(
            "canary that runs, and was begun over HTTP or by the command line, of module",
            on.module.name(),
        )
    })
}

/// Publishes the candidate to all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Promote {
    #[serde(default, deserialize_with = "body::given")]
    reason: Option<String>,
}

impl Change for Promote {
    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn plan(&self, on: &On) -> Result<Value, Fault> {
        let canary = running(on)?;
        let version = canary.version();
        let mut plan = json!({
            "canary": views::canary(&canary),
            "text": format!("{version} would be published to all"),
        });
        if let Some(reason) = on.module.frozen() {
            let name = on.module.name();
            plan["verdict"] = json!("refuse");
            plan["text"] = json!(format!(
                "{version} stays on trial: module `{name}` is frozen: {reason}\n  help: wait, or have it thawed"
            ));
        }
        Ok(plan)
    }

    fn apply(&self, on: &On, generation: u64) -> Result<Value, Fault> {
        let canary = running(on)?;
        on.refuse_if_overtaken(generation)?;
        let report = canary.promote().map_err(|refusal| on.refused(&refusal))?;
        view(&report)
    }
}

/// Ends the trial.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Abort {
    #[serde(default, deserialize_with = "body::given")]
    reason: Option<String>,
}

impl Change for Abort {
    fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    fn plan(&self, on: &On) -> Result<Value, Fault> {
        let canary = running(on)?;
        let losses = differences(canary.losses())?;
        let text = format!(
            "no instance would follow {} any more{}",
            canary.version(),
            taken_back(canary.losses())
        );
        Ok(json!({ "canary": views::canary(&canary), "losses": losses, "text": text }))
    }

    fn apply(&self, on: &On, generation: u64) -> Result<Value, Fault> {
        let canary = running(on)?;
        on.refuse_if_overtaken(generation)?;
        canary.abort().map_err(|refusal| on.refused(&refusal))?;
        let text = format!("the trial of {} is over", canary.version());
        Ok(json!({ "canary": views::canary(&canary), "text": text }))
    }
}
