//! The way of a file into use: inspect → verify → compare → stage → load → publish. Whatever fails
//! on the way leaves what runs untouched.

use std::path::Path;
use std::sync::Arc;

use hotmod::describe::{Description, Difference, Rule, Verdict, diff};
use hotmod::plan::Plan;

use crate::core::Core;
use crate::error::{Refusal, Stage};
use crate::forever::forever;
use crate::generation::{Generation, Port};
use crate::host::Settings;
use crate::inspect::{Inspected, inspect};
use crate::load::{self, Image};
use crate::memory::Memory;
use crate::migrate::{Route, Unfit};
use crate::verify::{Running, verify};

/// What came of an update that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Update {
    /// Whether anything changed.
    pub outcome: Outcome,
    /// The module.
    pub module: String,
    /// The version that ran.
    pub from: String,
    /// The version that runs.
    pub to: String,
    /// What becomes of live state.
    pub verdict: Verdict,
    /// What differs between the two, with the rule that allows it: for state, the plan by which it
    /// is migrated.
    pub differences: Vec<Difference>,
}

/// Whether an update changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// New calls enter the version from the file.
    Published,
    /// The file is the very one that runs.
    Unchanged,
}

/// Loads the first version of a module. `port` is what the host will call of it.
pub(crate) fn load(
    settings: &Arc<Settings>,
    file: &Path,
    port: Option<Port>,
    is_loaded: impl FnOnce(&str) -> Option<String>,
) -> Result<Core, Refusal> {
    let candidate = inspect(settings.find(file)?)?;
    verify(&candidate, settings.policy, None)?;
    let name = candidate.build().module.clone();
    if let Some(running) = is_loaded(&name) {
        let refusal = candidate.refuse_because(
            Stage::Verify,
            Rule::AlreadyLoaded,
            [
                "module",
                "one that is not loaded yet",
                &format!("`{name}`, of which {running} runs"),
                "use `Module::update`, or `Host::module` for another handle",
            ],
        );
        return Err(refusal.keeps(&running));
    }
    let ports = Vec::from_iter(port.map(Arc::new));
    compare(&candidate, None, &ports)?;
    let memory = forever(Memory::default());
    let image = stage_and_load(settings, candidate, memory)?;
    let first = Generation::link(image, &ports).ok_or_else(|| unlinked(image))?;
    Ok(Core::new(name, settings.clone(), memory, first, ports))
}

/// Replaces the running version of a module by the one in this file.
pub(crate) fn update(core: &Core, file: &Path) -> Result<Update, Refusal> {
    let _turn = core.turn();
    let running = core.current.get().image;
    let keeps = |refusal: Refusal| refusal.keeps(&running.version);

    let candidate = inspect(core.settings.find(file).map_err(keeps)?).map_err(keeps)?;
    let mut update = Update {
        outcome: Outcome::Unchanged,
        module: core.name.clone(),
        from: running.version.clone(),
        to: candidate.build().version.clone(),
        verdict: Verdict::Adopt,
        differences: Vec::new(),
    };
    if candidate.digest() == running.digest {
        return Ok(update);
    }
    let replaced = Running {
        module: &core.name,
        version: &running.version,
    };
    verify(&candidate, core.settings.policy, Some(replaced)).map_err(keeps)?;
    let ports = core.history().ports.clone();
    let plan = Plan::new(&running.manifest, candidate.manifest());
    update.differences =
        compare(&candidate, Some((&running.manifest, &plan)), &ports).map_err(keeps)?;
    update.verdict = Verdict::of(&update.differences);

    let known = core.history().image(candidate.digest());
    let image = match known {
        Some(image) => image,
        None => stage_and_load(&core.settings, candidate, core.memory).map_err(keeps)?,
    };
    let known_route = core.history().route(running, image);
    let route = match known_route {
        Some(route) => route,
        None => Arc::new(
            Route::new(&plan, running, image, core.memory)
                .map_err(|Unfit| keeps(unlinked(image)))?,
        ),
    };

    let mut history = core.history();
    if known.is_none() {
        history.images.push(image);
    }
    let generation = history
        .generation(image)
        .ok_or_else(|| keeps(unlinked(image)))?;
    history.previous = Some(running);
    history.routes.push(route);
    core.current.publish(generation);
    update.outcome = Outcome::Published;
    Ok(update)
}

/// Holds a candidate against what runs and against what the host was compiled with. Returns what
/// differs without standing in the way.
fn compare(
    candidate: &Inspected,
    running: Option<(&Description, &Plan)>,
    ports: &[Arc<Port>],
) -> Result<Vec<Difference>, Refusal> {
    let manifest = candidate.manifest();
    let mut differences = Vec::new();
    if let Some((running, plan)) = running {
        differences.extend(diff::exports(running, manifest));
        differences.extend(plan.differences.iter().cloned());
    }
    for port in ports {
        for difference in port.compare(manifest) {
            // The host was compiled with what runs: mostly it differs in the same places.
            let told = differences.iter().any(|known| {
                let outweighs = known.rule.refuses() || !difference.rule.refuses();
                known.path == difference.path && outweighs
            });
            if !told {
                differences.push(difference);
            }
        }
    }
    if differences
        .iter()
        .any(|difference| difference.rule.refuses())
    {
        return Err(candidate.refuse(Stage::Compare, differences));
    }
    Ok(differences)
}

fn stage_and_load(
    settings: &Settings,
    candidate: Inspected,
    memory: &'static Memory,
) -> Result<&'static Image, Refusal> {
    let staged = settings
        .staging
        .copy(&candidate.build().module, candidate.bytes())
        .map_err(|unstaged| unstaged.into_refusal(&candidate))?;
    let image = load::load(candidate, staged.path(), memory.services())?;
    staged.keep();
    Ok(forever(image))
}

fn unlinked(image: &Image) -> Refusal {
    Refusal::because(
        &image.file,
        Stage::Load,
        Rule::OtherImage,
        [
            "the exports",
            "those that were compared",
            "fewer",
            "this is a bug in hotmod; please report it",
        ],
    )
    .of(&image.module, &image.version)
}
