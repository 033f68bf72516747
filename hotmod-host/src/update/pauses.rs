//! How long the longest pause of an update would be, found out before it is published.

use std::time::Duration;

use hotmod::describe::{Difference, Rule};
use hotmod_file::plan::Plan;
use hotmod_file::{Refusal, RefusalStage};

use crate::image::image::Image;
use crate::migrate::{Mismatch, Sampling};
use crate::module::loaded::Loaded;
use crate::module::pause::{About, Grouped, PauseEstimate, Sampler};
use crate::module::report::RehearsalReport;

/// For how long live states are looked into.
const TIME: Duration = Duration::from_millis(500);

/// What to do about a long pause.
const CURES: &str = "hold its items in `Lazy`s, spread them over the instances of a pool, let less of it change, or \
                     allow a longer pause (`UpdateOptions::longest_pause`)";

/// An estimate, and of how many instances nothing is known.
pub(crate) struct Estimated {
    pub(crate) found: PauseEstimate,
    /// Of a pool or shared, and none of these could be looked into.
    unknown: usize,
}

/// Estimates what the instances that a plan would change take.
pub(crate) fn estimate(
    loaded: &Loaded,
    plan: &Plan,
    (running, image): (&'static Image, &'static Image),
) -> Result<Estimated, Refusal> {
    let sampling = Sampling::new(plan, (running, image), loaded.memory);
    let sampling = sampling.map_err(|Mismatch| image.unlinked())?;
    let mut sampler = Sampler::new(&sampling, TIME);
    // Those that change as a whole, and those in which something does.
    let (mut inside, mut affected, mut unknown) = (0, 0, 0);
    for known in loaded.known.all() {
        let (interface, here) = known.at_start(&sampling);
        if here == 0 || !sampling.changes_any(interface) {
            continue;
        }
        affected += here;
        let before = sampler.looked_into();
        known.sample(&mut sampler);
        if sampling.changes(interface) {
            inside += here;
            if sampler.looked_into() == before {
                unknown += here;
            }
        }
    }
    let instances = loaded.instances.lock();
    let changing = instances.iter().filter(|(_, it)| {
        std::ptr::eq(it.generation.image, running) && sampling.changes_any(it.interface)
    });
    let outside = changing.count().saturating_sub(affected);
    drop(instances);
    let looked_into = sampler.looked_into();
    let mut found = sampler.found;
    found.unsampled = inside.saturating_sub(looked_into);
    found.outside = outside;
    Ok(Estimated { found, unknown })
}

/// Refuses an update whose longest pause would be longer than this, or of which that cannot be told.
pub(crate) fn refuse_beyond(
    limit: Duration,
    estimated: &Estimated,
    rehearsed: Option<&RehearsalReport>,
    image: &Image,
) -> Result<(), Refusal> {
    let too_long = |path: &str, now: String| Difference {
        path: path.to_owned(),
        was: format!("a pause of at most {}", About(limit)),
        now,
        rule: Rule::LongPause,
        help: CURES.to_owned(),
    };
    let found = &estimated.found;
    let mut differences = Vec::new();
    if found.longest > limit {
        let places = found.places.iter().filter(|it| it.takes > limit);
        differences.extend(places.map(|it| {
            let now = format!(
                "{} items to rebuild, about {} in one call",
                Grouped(it.items),
                About(it.takes)
            );
            too_long(&it.path, now)
        }));
        if differences.is_empty() {
            let now = format!("about {} in one call", About(found.longest));
            differences.push(too_long("the migration of an instance", now));
        }
    }
    if let Some(rehearsed) = rehearsed
        && rehearsed.longest > limit
    {
        let now = format!("{} in the rehearsal", About(rehearsed.longest));
        differences.push(too_long("the migration of an instance", now));
    }
    let unknown = |count: usize, what: &str, help: &str| Difference {
        path: format!("{} {what}", Grouped(count)),
        was: format!("a pause of at most {}", About(limit)),
        now: "one of which nothing is known".to_owned(),
        rule: Rule::LongPause,
        help: format!(
            "{help}, have the update rehearsed (`UpdateOptions::rehearse`), or leave out `longest_pause`"
        ),
    };
    if rehearsed.is_none() {
        if found.outside > 0 {
            let help = "share them (`Instance::share`), or put them into a pool";
            differences.push(unknown(found.outside, "instances outside of pools", help));
        }
        if estimated.unknown > 0 {
            let help =
                "try again when they are not in use; of what holds an `Arc` or `Rc` that changes";
            differences.push(unknown(
                estimated.unknown,
                "instances that could not be looked into",
                help,
            ));
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    let refusal = Refusal::new(&image.file, RefusalStage::Prepare, differences);
    Err(refusal.of(&image.module, &image.version))
}
