//! What is known of modules, as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use hotmod_host::{
    CallCounts, Canary, CanaryState, Event, InstancePage, MeasuredCalls, Module, ModuleUse,
    NamedPool, NeededFor, PanicsReport, Straggler, TimerReport, Version,
};
use serde_json::{Value, json};

use crate::shared::Shared;
use crate::time::millis;

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

/// A step of an update.
pub(crate) fn event(event: &Event) -> Value {
    json!({
        "number": event.number,
        "update": event.update,
        "module": event.module,
        "from": event.from,
        "to": event.to,
        "file": event.file.as_ref().map(|it| it.display().to_string()),
        "resolved": event.resolved.as_ref().map(|it| it.display().to_string()),
        "state": event.state.as_str(),
        "reason": event.reason,
        "time": millis(event.time),
        "missed": event.missed,
    })
}

/// The number that stands for what an operator saw of a module: how often a version became current.
pub(crate) fn generation<I: ?Sized>(module: &Module<I>) -> u64 {
    module.publications()
}

fn needed(needed: &NeededFor) -> Value {
    let (what, count) = match needed {
        NeededFor::Current => ("current", None),
        NeededFor::RollbackTarget => ("rollback-target", None),
        NeededFor::Candidate => ("candidate", None),
        NeededFor::Instances(count) => ("instances", Some(count)),
        NeededFor::Values(count) => ("values", Some(count)),
        NeededFor::Suspended(count) => ("suspended-calls", Some(count)),
        NeededFor::Running(count) => ("running-calls", Some(count)),
        _ => ("other", None),
    };
    json!({ "for": what, "count": count, "text": needed.to_string() })
}

fn version(version: &Version) -> Value {
    let instances = version.needed.iter().find_map(|it| match it {
        NeededFor::Instances(count) => Some(*count),
        _ => None,
    });
    json!({
        "version": version.version,
        "file": version.file.display().to_string(),
        "digest": version.digest.to_string(),
        "current": version.is_current,
        "retired": version.is_retired,
        "instances": instances.unwrap_or(0),
        "resident_bytes": version.resident_bytes,
        "budget_bytes": version.budget_bytes,
        "needed": version.needed.iter().map(needed).collect::<Vec<_>>(),
        "calls": version.calls.as_ref().map(measured),
    })
}

/// What a version's calls came to since it was loaded. A client that looks twice knows what they come to now.
fn measured(measured: &MeasuredCalls) -> Value {
    let times = &measured.times;
    let buckets = times.buckets().filter(|(_, count)| *count > 0);
    let buckets =
        buckets.map(|(end, count)| json!({ "to_seconds": end.map(seconds), "count": count }));
    json!({
        "calls": measured.calls,
        "errors": measured.errors,
        "panics": measured.panics,
        "timed": times.count(),
        "timed_seconds": seconds(times.total()),
        "p50_seconds": times.within(0.5).map(seconds),
        "p99_seconds": times.within(0.99).map(seconds),
        "buckets": buckets.collect::<Vec<_>>(),
    })
}

fn straggler(straggler: &Straggler) -> Value {
    json!({
        "thread": straggler.thread,
        "export": straggler.export,
        "version": straggler.version,
        "seconds": seconds(straggler.age),
        "suspended": straggler.is_suspended,
        "awaits": straggler.awaits,
        "within": straggler.within.as_ref().map(ToString::to_string),
        "text": straggler.to_string(),
    })
}

/// The panics, with the stacks where these are wanted: to look their functions up may take long.
pub(crate) fn panics(report: &PanicsReport, stacks: bool) -> Value {
    let places = report.places.iter().map(|it| {
        json!({
            "version": it.version,
            "place": it.location.to_string(),
            "count": it.count,
            "outside": it.outside,
            "first": millis(it.first),
            "last": millis(it.last),
            "message": it.message,
            "stack": it.backtrace.as_ref().filter(|_| stacks).map(ToString::to_string),
        })
    });
    json!({ "places": places.collect::<Vec<_>>(), "elsewhere": report.elsewhere })
}

fn timer(timer: &TimerReport) -> Value {
    json!({
        "name": timer.name,
        "state": timer.state,
        "period_seconds": seconds(timer.period),
        "runs": timer.runs,
        "panics": timer.panics,
        "in_use": timer.in_use,
        "elsewhere": timer.elsewhere,
        "late": timer.late,
        "latest_seconds": seconds(timer.latest),
        "longest_seconds": seconds(timer.longest),
    })
}

fn module_use(it: &ModuleUse) -> Value {
    json!({
        "user": it.user,
        "version": it.version,
        "reason": it.reason.to_string(),
        "of": it.of,
        "exports": it.exports,
    })
}

fn calls(counts: &CallCounts) -> Value {
    json!({
        "calls": counts.calls,
        "errors": counts.errors,
        "panics": counts.panics,
        "slow": counts.slow,
        "total_seconds": seconds(counts.total),
        "mean_seconds": seconds(counts.mean()),
        "slowest_seconds": seconds(counts.slowest),
    })
}

/// A canary that was begun here.
pub(crate) fn canary(canary: &Canary) -> Value {
    let report = canary.report();
    let (state, reason) = match canary.state() {
        CanaryState::Running => ("running", None),
        CanaryState::Promoted => ("promoted", None),
        CanaryState::Aborted { reason, .. } => ("aborted", Some(reason)),
        _ => ("other", None),
    };
    json!({
        "version": canary.version(),
        "state": state,
        "reason": reason,
        "candidate": calls(&report.candidate),
        "running": calls(&report.running),
    })
}

/// All of a module.
pub(crate) fn module<I: ?Sized>(shared: &Shared, it: &Module<I>) -> Value {
    // Read first: what is shown may be newer, and a change that was decided on by it is refused then.
    let generation = generation(it);
    let pools = shared.host.named_pools().into_iter();
    let pools = pools.filter(|pool| pool.module() == it.name());
    json!({
        "name": it.name(),
        "generation": generation,
        "tag": shared.ring.id(generation),
        "version": it.version(),
        "previous_version": it.previous_version(),
        "frozen": it.frozen(),
        "canary": shared.canary(it.name()).as_ref().map(canary),
        "memory_bytes": it.memory(),
        "versions": it.versions().iter().map(version).collect::<Vec<_>>(),
        "stragglers": it.stragglers().iter().map(straggler).collect::<Vec<_>>(),
        "panics": panics(&it.panics(), false),
        "timers": it.timers().iter().map(timer).collect::<Vec<_>>(),
        "users": it.users().iter().map(module_use).collect::<Vec<_>>(),
        "uses": it.uses().iter().map(module_use).collect::<Vec<_>>(),
        "pools": pools.map(|pool| self::pool(&pool)).collect::<Vec<_>>(),
    })
}

/// Instances that have a name.
pub(crate) fn pool(pool: &NamedPool) -> Value {
    let counts: BTreeMap<String, usize> = pool.counts();
    json!({
        "name": pool.name(),
        "module": pool.module(),
        "keys": pool.keys(),
        "instances": pool.len(),
        "stuck": pool.count_stuck(),
        "versions": counts,
    })
}

/// Some of the instances of a pool.
pub(crate) fn page(page: &InstancePage) -> Value {
    let instances = page.instances.iter().map(|it| {
        json!({
            "key": it.key,
            "version": it.version,
            "waits": it.waits,
            "stuck": it.stuck.as_ref().map(ToString::to_string),
        })
    });
    json!({ "instances": instances.collect::<Vec<_>>(), "next": page.next })
}
