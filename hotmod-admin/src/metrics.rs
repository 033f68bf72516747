//! What is known of a host, for Prometheus.
//!
//! All of it is read when it is asked for, or counted from the host's events: a call executes not one instruction more
//! for it. Calls, errors and times are there where the host was built to measure them, and for a version on trial and the
//! one that it may replace.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hotmod_host::{
    CallCounts, CallTimes, CanaryState, MeasuredCalls, Migrations, Module, NeededFor, Untyped,
};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use crate::counts::{BOUNDS, Counted, RESULTS};
use crate::shared::Shared;

/// What is known of a host, as a collector for the registry that the server has: see
/// [`Admin::metrics`](crate::Admin::metrics). The README lists the metrics.
///
/// What answers with the registry's text says by its `Content-Type` that this is OpenMetrics
/// (`application/openmetrics-text; version=1.0.0; charset=utf-8`): Prometheus refuses it as `text/plain`.
#[derive(Clone)]
pub struct Metrics(pub(crate) Arc<Shared>);

impl Metrics {
    /// The same as text, in the format of OpenMetrics.
    pub fn to_text(&self) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self.clone()));
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &registry);
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Metrics").field(&self.0.host).finish()
    }
}

/// A metric, as it is documented.
pub(crate) struct MetricDesc {
    /// Its name, as a registry takes it: a counter is told with `_total` behind it, and an info with `_info`.
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: MetricType,
}

#[cfg(test)]
impl MetricDesc {
    /// Its name as it is told.
    pub(crate) fn told(&self) -> String {
        match self.kind {
            MetricType::Counter => format!("{}_total", self.name),
            MetricType::Info => format!("{}_info", self.name),
            _ => self.name.to_owned(),
        }
    }
}

macro_rules! metrics {
    ($($constant:ident $name:literal $kind:ident $help:literal;)*) => {
        $(const $constant: MetricDesc = MetricDesc {
            name: $name,
            help: $help,
            kind: MetricType::$kind,
        };)*

        /// All metrics.
        #[cfg(test)]
        pub(crate) const ALL: &[MetricDesc] = &[$($constant),*];
    };
}

metrics! {
    MODULE "hotmod_module" Info "The version that runs, by module.";
    FROZEN "hotmod_module_frozen" Gauge "1 where every update of the module is refused.";
    MEMORY "hotmod_module_memory_bytes" Gauge "What the module's code has taken from the host's allocator.";
    INSTANCES "hotmod_instances" Gauge "Instances by the version that they are at: current, previous or other.";
    STUCK "hotmod_instances_stuck" Gauge "Instances of named pools that do not fit the version that they follow.";
    VALUES "hotmod_lazy_values_elsewhere" Gauge "Values of Lazy that are at other versions than the current one.";
    STRAGGLERS "hotmod_stragglers" Gauge "Calls that an update left behind in an old version.";
    IMAGES "hotmod_images" Gauge "Loaded versions, by whether they are in use or retired.";
    IMAGE_BYTES "hotmod_image_bytes" Gauge "What they count toward the budget of images.";
    RESIDENT "hotmod_image_resident_bytes" Gauge "What of them is in memory, as far as the kernel says.";
    CALLS "hotmod_calls" Counter "Calls that have ended, where the host measures them.";
    CALL_ERRORS "hotmod_call_errors" Counter "Those of them that returned an error.";
    CALL_PANICS "hotmod_call_panics" Counter "Those of them that panicked.";
    CALL_SECONDS "hotmod_call_seconds" Histogram "How long those of them took that the host timed.";
    MIGRATION_SECONDS "hotmod_migration_seconds" Histogram "How long instances were migrated, where the host measures calls: their exclusive callers' pauses.";
    MIGRATION_UNFIT "hotmod_migrations_unfit" Counter "Those of them that did not fit.";
    MIGRATION_BYTES "hotmod_migration_bytes" Counter "What migrations made anew, and did not move.";
    PANICS "hotmod_panics" Counter "Panics in the module's code, caught or not.";
    TIMER_RUNS "hotmod_timer_runs" Counter "Calls by timers of the version that runs.";
    TIMER_PANICS "hotmod_timer_panics" Counter "Calls by timers that panicked.";
    TIMER_LATE "hotmod_timer_left_out" Counter "Times at which a timer was due and was left out.";
    UPDATES "hotmod_updates" Counter "Updates and rollbacks by what became of them.";
    PHASES "hotmod_update_phase_seconds" Histogram "How long updates were in each phase.";
    MISSED "hotmod_events_missed" Counter "Events of the host that were not counted here, since too many waited.";
    TRIAL "hotmod_canary_running" Gauge "1 where a canary that was begun over HTTP runs.";
    TRIAL_CALLS "hotmod_canary_calls" Counter "Calls counted while a canary ran, of the candidate and of what runs.";
    TRIAL_ERRORS "hotmod_canary_errors" Counter "Those of them that returned an error.";
    TRIAL_PANICS "hotmod_canary_panics" Counter "Those of them that panicked.";
    TRIAL_SECONDS "hotmod_canary_call_seconds" Counter "How long they took together.";
    TRIAL_SLOWEST "hotmod_canary_slowest_call_seconds" Gauge "How long the slowest of them took.";
    OPERATIONS "hotmod_admin_operations_running" Gauge "Changes that run.";
    STREAMS "hotmod_admin_streams" Gauge "Event streams that clients listen to.";
    ANSWERS "hotmod_admin_responses" Counter "Answers by the class of their status.";
    DENIALS "hotmod_admin_denials" Counter "Requests that were let no further, by why.";
}

type Labels<'l> = Vec<(&'static str, Cow<'l, str>)>;

/// The samples of a metric that stand beside each other.
type Samples<'l, T> = Vec<(Labels<'l>, T)>;

/// What the answers for one module are made from, read once.
struct Known {
    module: Module<Untyped>,
    instances: BTreeMap<&'static str, usize>,
    values: usize,
    /// Images, their bytes and those in memory, in use and retired.
    images: [(usize, u64, u64); 2],
    digest: String,
    stuck: usize,
    canary: Option<(bool, CallCounts, CallCounts)>,
    /// Of all versions together.
    calls: Option<MeasuredCalls>,
    migrations: Option<Migrations>,
}

impl Known {
    fn of(shared: &Shared, module: Module<Untyped>) -> Self {
        let previous = module.previous_version();
        let mut known = Known {
            instances: ["current", "previous", "other"].map(|it| (it, 0)).into(),
            values: 0,
            images: [(0, 0, 0); 2],
            digest: String::new(),
            stuck: 0,
            canary: shared.canary(module.name()).map(|it| {
                let report = it.report();
                (
                    it.state() == CanaryState::Running,
                    report.candidate,
                    report.running,
                )
            }),
            calls: None,
            migrations: module.migrations(),
            module: module.clone(),
        };
        for version in module.versions() {
            let at = match previous {
                _ if version.is_current => "current",
                // Versions may have one name: only the newest of the previous one can be rolled back to.
                Some(_) if version.needed.contains(&NeededFor::RollbackTarget) => "previous",
                _ => "other",
            };
            for needed in &version.needed {
                match needed {
                    NeededFor::Instances(count) => *known.instances.entry(at).or_default() += count,
                    NeededFor::Values(count) if !version.is_current => known.values += count,
                    _ => {}
                }
            }
            let images = &mut known.images[usize::from(version.is_retired)];
            images.0 += 1;
            images.1 += version.budget_bytes;
            images.2 += version.resident_bytes.unwrap_or(0);
            if let Some(calls) = &version.calls {
                *known.calls.get_or_insert_default() += calls;
            }
            if version.is_current {
                known.digest = version.digest.to_string();
            }
        }
        known
    }
}

/// Writes metrics.
struct Writer<'e>(DescriptorEncoder<'e>);

impl Writer<'_> {
    fn gauges(&mut self, metric: &MetricDesc, samples: Samples<'_, f64>) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(metric.name, metric.help, None, metric.kind)?;
        for (labels, value) in samples {
            encoder.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    fn counters(&mut self, metric: &MetricDesc, samples: Samples<'_, f64>) -> fmt::Result {
        let mut encoder = self
            .0
            .encode_descriptor(metric.name, metric.help, None, metric.kind)?;
        for (labels, value) in samples {
            let mut encoder = encoder.encode_family(&labels)?;
            encoder.encode_counter::<NoLabelSet, _, f64>(&value, None)?;
        }
        Ok(())
    }
}

/// A count, as metrics have it.
fn count(count: impl TryInto<u64>) -> f64 {
    // Exact up to 2^53, which no count here reaches.
    count.try_into().unwrap_or(u64::MAX) as f64
}

impl Collector for Metrics {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let shared = &self.0;
        let mut all: Vec<Known> = shared
            .host
            .modules()
            .into_iter()
            .map(|it| Known::of(shared, it))
            .collect();
        for pool in shared.host.named_pools() {
            if let Some(known) = all.iter_mut().find(|it| it.module.name() == pool.module()) {
                known.stuck += pool.count_stuck();
            }
        }
        let mut writer = Writer(encoder);
        modules(&mut writer, &all)?;
        instances(&mut writer, &all)?;
        calls(&mut writer, &all)?;
        migrations(&mut writer, &all)?;
        trials(&mut writer, &all)?;
        updates(&mut writer, &all, &shared.counts.counted())?;
        writer.gauges(
            &OPERATIONS,
            vec![(Vec::new(), count(shared.operations.running()))],
        )?;
        writer.gauges(&STREAMS, vec![(Vec::new(), count(shared.streams.count()))])
    }
}

/// The label of a module.
fn of(known: &Known) -> Labels<'_> {
    vec![("module", known.module.name().into())]
}

/// A label more.
fn and<'l>(
    mut labels: Labels<'l>,
    name: &'static str,
    value: impl Into<Cow<'l, str>>,
) -> Labels<'l> {
    labels.push((name, value.into()));
    labels
}

fn each<'k, T>(all: &'k [Known], value: impl Fn(&'k Known) -> T) -> Samples<'k, T> {
    all.iter().map(|it| (of(it), value(it))).collect()
}

fn modules(writer: &mut Writer<'_>, all: &[Known]) -> fmt::Result {
    let mut encoder = writer
        .0
        .encode_descriptor(MODULE.name, MODULE.help, None, MODULE.kind)?;
    for known in all {
        let labels = and(of(known), "version", known.module.version());
        encoder.encode_info(&and(labels, "digest", known.digest.as_str()))?;
    }
    let is = |it: bool| f64::from(u8::from(it));
    writer.gauges(&FROZEN, each(all, |it| is(it.module.frozen().is_some())))?;
    // Exact up to 2^53.
    writer.gauges(&MEMORY, each(all, |it| it.module.memory() as f64))?;
    writer.gauges(
        &STRAGGLERS,
        each(all, |it| count(it.module.stragglers().len())),
    )?;
    let in_use = |place: usize| if place == 0 { "in_use" } else { "retired" };
    let images = |value: fn(&(usize, u64, u64)) -> f64| {
        let states = all
            .iter()
            .flat_map(move |it| it.images.iter().enumerate().map(move |images| (it, images)));
        let samples = states
            .map(move |(it, (place, images))| (and(of(it), "state", in_use(place)), value(images)));
        samples.collect::<Vec<_>>()
    };
    writer.gauges(&IMAGES, images(|it| count(it.0)))?;
    writer.gauges(&IMAGE_BYTES, images(|it| count(it.1)))?;
    writer.gauges(&RESIDENT, images(|it| count(it.2)))?;
    let panics = |it: &Known| {
        let report = it.module.panics();
        let places = report.places.iter().map(|it| it.count).sum::<u64>();
        count(places + report.elsewhere)
    };
    writer.counters(&PANICS, each(all, panics))?;
    let timers = |value: fn(&hotmod_host::TimerReport) -> u64| {
        each(all, move |it| {
            count(it.module.timers().iter().map(value).sum::<u64>())
        })
    };
    writer.counters(&TIMER_RUNS, timers(|it| it.runs))?;
    writer.counters(&TIMER_PANICS, timers(|it| it.panics))?;
    writer.counters(&TIMER_LATE, timers(|it| it.late))
}

fn instances(writer: &mut Writer<'_>, all: &[Known]) -> fmt::Result {
    let at = all.iter().flat_map(|it| {
        let instances = it.instances.iter();
        instances.map(move |(at, number)| (and(of(it), "at", *at), count(*number)))
    });
    writer.gauges(&INSTANCES, at.collect())?;
    writer.gauges(&STUCK, each(all, |it| count(it.stuck)))?;
    writer.gauges(&VALUES, each(all, |it| count(it.values)))
}

/// The ends of the buckets of how long calls and migrations took, in nanoseconds: few enough for a series each. The host
/// has finer ones, of which each lies within one of these.
const CALL_BOUNDS: [u64; 17] = {
    let mut bounds = [0; 17];
    let mut place = 0;
    while place < bounds.len() {
        bounds[place] = [100, 300][place % 2] * 10_u64.pow(place as u32 / 2);
        place += 1;
    }
    bounds
};

fn calls(writer: &mut Writer<'_>, all: &[Known]) -> fmt::Result {
    let measured = || all.iter().filter_map(|it| Some((it, it.calls.as_ref()?)));
    let counts = |value: fn(&MeasuredCalls) -> u64| {
        let samples = measured().map(|(it, calls)| (of(it), count(value(calls))));
        samples.collect::<Vec<_>>()
    };
    writer.counters(&CALLS, counts(|it| it.calls))?;
    writer.counters(&CALL_ERRORS, counts(|it| it.errors))?;
    writer.counters(&CALL_PANICS, counts(|it| it.panics))?;
    times(
        writer,
        &CALL_SECONDS,
        measured().map(|(it, calls)| (it, &calls.times)),
    )
}

fn migrations(writer: &mut Writer<'_>, all: &[Known]) -> fmt::Result {
    let measured = || {
        all.iter()
            .filter_map(|it| Some((it, it.migrations.as_ref()?)))
    };
    let counts = |value: fn(&Migrations) -> u64| {
        let samples = measured().map(|(it, migrations)| (of(it), count(value(migrations))));
        samples.collect::<Vec<_>>()
    };
    let pauses = measured().map(|(it, migrations)| (it, &migrations.pauses));
    times(writer, &MIGRATION_SECONDS, pauses)?;
    writer.counters(&MIGRATION_UNFIT, counts(|it| it.unfit))?;
    writer.counters(&MIGRATION_BYTES, counts(|it| it.bytes))
}

/// A histogram of times that the host has in its own buckets.
fn times<'k>(
    writer: &mut Writer<'_>,
    metric: &MetricDesc,
    all: impl Iterator<Item = (&'k Known, &'k CallTimes)>,
) -> fmt::Result {
    let mut encoder = writer
        .0
        .encode_descriptor(metric.name, metric.help, None, metric.kind)?;
    for (known, times) in all {
        let mut counts = [0; CALL_BOUNDS.len() + 1];
        for (end, number) in times.buckets() {
            let bucket = end.and_then(|end| {
                let end = end.as_nanos();
                CALL_BOUNDS.iter().position(|it| end <= u128::from(*it))
            });
            counts[bucket.unwrap_or(CALL_BOUNDS.len())] += number;
        }
        // Written from whole numbers, so that the bound is 0.0003 and not 0.00030000000000000003.
        let bounds = CALL_BOUNDS.iter().map(|it| *it as f64 / 1e9);
        let buckets: Vec<(f64, u64)> = bounds.chain([f64::INFINITY]).zip(counts).collect();
        let labels = of(known);
        let mut encoder = encoder.encode_family(&labels)?;
        encoder.encode_histogram::<NoLabelSet>(
            times.total().as_secs_f64(),
            times.count(),
            &buckets,
            None,
        )?;
    }
    Ok(())
}

fn trials(writer: &mut Writer<'_>, all: &[Known]) -> fmt::Result {
    let is = |it: &Known| it.canary.as_ref().is_some_and(|(runs, ..)| *runs);
    writer.gauges(&TRIAL, each(all, |it| f64::from(u8::from(is(it)))))?;
    let calls = |value: fn(&CallCounts) -> f64| {
        let trials = all.iter().filter_map(|it| Some((it, it.canary.as_ref()?)));
        let both = trials.flat_map(move |(it, (_, candidate, running))| {
            let both = [("candidate", candidate), ("running", running)];
            both.map(|(role, counts)| (and(of(it), "role", role), value(counts)))
        });
        both.collect::<Vec<_>>()
    };
    writer.counters(&TRIAL_CALLS, calls(|it| count(it.calls)))?;
    writer.counters(&TRIAL_ERRORS, calls(|it| count(it.errors)))?;
    writer.counters(&TRIAL_PANICS, calls(|it| count(it.panics)))?;
    writer.counters(&TRIAL_SECONDS, calls(|it| it.total.as_secs_f64()))?;
    writer.gauges(&TRIAL_SLOWEST, calls(|it| it.slowest.as_secs_f64()))
}

fn updates(writer: &mut Writer<'_>, all: &[Known], counted: &Counted) -> fmt::Result {
    let mut updates = BTreeMap::new();
    for known in all {
        updates.extend(RESULTS.map(|result| ((known.module.name(), result), 0)));
    }
    let counts = counted.updates.iter();
    updates.extend(counts.map(|((module, result), number)| ((module.as_str(), *result), *number)));
    let updates = updates.into_iter().map(|((module, result), number)| {
        let labels = vec![("module", Cow::from(module)), ("result", result.into())];
        (labels, count(number))
    });
    writer.counters(&UPDATES, updates.collect())?;
    let mut encoder = writer
        .0
        .encode_descriptor(PHASES.name, PHASES.help, None, PHASES.kind)?;
    for (phase, durations) in &counted.phases {
        let bounds = BOUNDS.iter().copied().chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds.zip(durations.buckets).collect();
        let labels = vec![("phase", Cow::from(*phase))];
        let mut encoder = encoder.encode_family(&labels)?;
        encoder.encode_histogram::<NoLabelSet>(durations.sum, durations.count, &buckets, None)?;
    }
    writer.counters(&MISSED, vec![(Vec::new(), count(counted.missed))])?;
    let by = |name: &'static str, counts: &BTreeMap<&'static str, u64>| {
        let samples = counts.iter();
        let samples =
            samples.map(move |(value, number)| (vec![(name, Cow::from(*value))], count(*number)));
        samples.collect::<Vec<_>>()
    };
    writer.counters(&ANSWERS, by("class", &counted.answers))?;
    writer.counters(&DENIALS, by("reason", &counted.denials))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::process::Command;

    use crate::{Admin, Auth};

    use super::*;

    /// The names of metrics that a text holds.
    fn names(text: &str) -> BTreeSet<String> {
        let words = text.split(|it: char| it != '_' && !it.is_ascii_alphanumeric());
        let names = words.filter(|it| it.starts_with("hotmod_"));
        names.map(str::to_owned).collect()
    }

    #[test]
    fn all_metrics_are_told_and_no_others() {
        let host = hotmod_host::Host::builder().build().expect("a host");
        let text = Admin::new(&host, Auth::new()).metrics().to_text();
        let described = text.lines().filter_map(|it| it.strip_prefix("# TYPE "));
        let described = described.filter_map(|it| it.split(' ').next());
        let described: BTreeSet<&str> = described.collect();
        let known = ALL.iter().map(|it| it.name).collect();
        assert_eq!(described, known);
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn dashboards_and_alerts_name_metrics_that_exist() {
        let known: BTreeSet<String> = ALL.iter().map(MetricDesc::told).collect();
        for (file, text) in [
            ("grafana.json", include_str!("../dashboards/grafana.json")),
            ("alerts.yaml", include_str!("../dashboards/alerts.yaml")),
        ] {
            let named = names(text);
            assert!(named.len() > 5, "{file} names {named:?}");
            for name in named {
                let parts = ["_bucket", "_sum", "_count"];
                let whole = parts.iter().find_map(|part| name.strip_suffix(part));
                assert!(
                    known.contains(whole.unwrap_or(&name)),
                    "{file}: there is no {name}"
                );
            }
        }
    }

    /// The rules are tried on series by Prometheus' own `promtool`, of Debian's `prometheus`, where it is there.
    #[test]
    fn each_alert_is_tried_and_does_what_is_expected() {
        let rules = include_str!("../dashboards/alerts.yaml");
        let tests = include_str!("../dashboards/alerts.test.yaml");
        for alert in rules.lines().filter_map(|it| it.split_once("alert: ")) {
            let tried = format!("alertname: {}\n", alert.1);
            assert!(tests.contains(&tried), "nothing tries {}", alert.1);
        }
        let tried = Command::new("promtool")
            .args(["test", "rules", "alerts.test.yaml"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/dashboards"))
            .output();
        match tried {
            Ok(tried) => assert!(
                tried.status.success(),
                "{}{}",
                String::from_utf8_lossy(&tried.stdout),
                String::from_utf8_lossy(&tried.stderr)
            ),
            Err(error) => eprintln!("skipped: promtool, of Debian's prometheus: {error}"),
        }
    }
}
