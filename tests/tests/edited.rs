//! Modules with generated types and edits: what happens to their live instances is compared with what
//! the edits say.
//!
//! A [`Case`] is a module in some versions with every attribute, container, kind of owner and hook, and
//! steps that its host takes with instances of it: updates, rollbacks, canaries, rehearsals, calls, and
//! owners that are kept outside. Its script says what is to come of each; a process of its own carries it
//! out, so that one that crashes is seen.
//!
//! `HOTMOD_TYPES` says how many cases there are (`HOTMOD_FEW`, too, where those that fail are only named),
//! `HOTMOD_SEED` which, and `HOTMOD_CASE` names a single one. A case that fails is made as small as it can
//! be and written to `tests/regressions`, where it stays: those are carried out first.
//! `tests/long/types.sh` makes very many, under AddressSanitizer.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use hotmod_tests::fixture::{Built, Edit, Family, ForGood};

use random::Random;
use steps::{Start, Step};
use types::{Types, VERSIONS};

#[path = "edited/author.rs"]
mod author;
#[allow(dead_code, reason = "it is another test's")]
#[path = "randomised/random.rs"]
mod random;
#[path = "edited/rules.rs"]
mod rules;
#[path = "edited/shrink.rs"]
mod shrink;
#[path = "edited/source.rs"]
mod source;
#[path = "edited/steps.rs"]
mod steps;
#[path = "edited/types.rs"]
mod types;
#[path = "edited/values.rs"]
mod values;

/// How many cases a run of all tests has.
const FEW: u64 = 8;
/// How many are built at once.
const BATCH: usize = 10;
/// How many states there are to begin with.
const STARTS: usize = 6;
/// How long a case that fails is made smaller.
const PATIENCE: Duration = Duration::from_secs(300);

const TYPES_OF_THE_BASE: &str = include_str!("../fixtures/edited/module.rs");

/// A generated case.
#[derive(Clone, Debug)]
struct Case {
    types: Types,
    starts: Vec<Start>,
    steps: Vec<Step>,
}

/// A case as it is built and carried out.
#[derive(Clone, Debug, PartialEq)]
struct Written {
    /// Each with its version.
    sources: Vec<(String, String)>,
    script: Vec<String>,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let types = author::types(&mut random);
        let starts = (0..STARTS).map(|place| {
            let version = if place < 4 { 0 } else { place - 3 };
            steps::start(&mut random, &types, version)
        });
        let starts = starts.collect();
        let steps = steps::steps(&mut random, STARTS);
        Case {
            types,
            starts,
            steps,
        }
    }

    fn written(&self) -> Written {
        let types = &self.types;
        let mut sources: Vec<_> = (0..VERSIONS)
            .map(|version| {
                (
                    format!("1.{version}.0"),
                    source::source(types, version, None),
                )
            })
            .collect();
        if let Some(broken) = types.broken {
            let source = source::source(types, broken.version, Some(broken));
            sources.push((format!("1.{}.9", broken.version), source));
        }
        Written {
            sources,
            script: steps::script(types, &self.starts, &self.steps),
        }
    }
}

/// Why a case fails.
#[derive(Clone, Debug)]
struct Failure {
    /// What stays the same when the case is made smaller.
    kind: String,
    output: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.kind, self.output)
    }
}

/// Builds cases under names of their own.
fn build(package: &'static str, cases: &[&Written]) -> Built {
    let (_, types) = TYPES_OF_THE_BASE
        .split_once("// The types:\n")
        .expect("the types of the base");
    let mut family = Family::new("edited")
        .package(package)
        .feature("serde")
        .depends("serde = { version = \"1.0\", features = [\"derive\"] }");
    for (place, case) in cases.iter().enumerate() {
        for (version, (number, source)) in case.sources.iter().enumerate() {
            let edits: [Edit; 2] = [
                ("\"1.0.0\"", format!("{number:?}").for_good()),
                (types, source.clone().for_good()),
            ];
            family = family.variant(&format!("c{place}v{version}"), &edits);
        }
    }
    family.build()
}

/// Carries a case out. Gives what was said of it, if all came as it should.
fn run(built: &Built, place: usize, case: &Written) -> Result<String, Failure> {
    let folder = tempfile::tempdir().expect("a directory");
    let script = folder.path().join("script");
    fs::write(&script, case.script.join("\n")).expect("a script");
    let modules = (0..case.sources.len()).map(|version| built.file(&format!("c{place}v{version}")));
    let ended = Command::new(env!("CARGO_BIN_EXE_edited_host"))
        .arg(script)
        .args(modules)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("a host");
    let output = String::from_utf8_lossy(&ended.stdout).into_owned();
    let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
    if ended.status.success() {
        return Ok(output);
    }
    let found = |text: &str| {
        let line = errors.lines().find(|line| line.contains(text))?;
        let (_, what) = line.split_once(text)?;
        let words: Vec<&str> = what.split_whitespace().take(2).collect();
        Some(format!("{text} {}", words.join(" ")))
    };
    let failed = output.split_once("FAILED at step ").map(|(_, failed)| {
        let (step, because) = failed.split_once('\n').unwrap_or((failed, ""));
        let step = step.split(' ').nth(1).unwrap_or_default();
        // What is left of it without the names of this case.
        let is_plain = |word: &&str| word.chars().all(|letter| letter.is_ascii_lowercase());
        let words: Vec<&str> = because
            .split([' ', '\n', ',', ';'])
            .filter(is_plain)
            .collect();
        format!("at {step}: {}", words.join(" "))
    });
    let sanitized = found("AddressSanitizer:").or_else(|| found("LeakSanitizer:"));
    let kind = sanitized
        .or(failed)
        .unwrap_or_else(|| ended.status.to_string());
    Err(Failure {
        kind,
        output: format!("{output}\n{errors}"),
    })
}

/// The least of a case that fails in the same way.
fn smallest(case: Case, kind: &str) -> Case {
    let mut built = build("edited-smaller", &[&case.written()]);
    smaller(case, &mut |now, is_rebuilt| {
        if is_rebuilt {
            let Ok(again) = catch_unwind(|| build("edited-smaller", &[now])) else {
                return false;
            };
            built = again;
        }
        run(&built, 0, now).is_err_and(|failure| failure.kind == kind)
    })
}

/// The least of a case that fails, as far as there is patience; `fails` is told whether the types of a case
/// are others than those of the one before.
fn smaller(mut case: Case, fails: &mut dyn FnMut(&Written, bool) -> bool) -> Case {
    let begun = Instant::now();
    let mut written = case.written();
    // Whether the types of what was tried last are those of the case.
    let mut is_current = true;
    let mut is_smaller = true;
    while is_smaller && begun.elapsed() < PATIENCE {
        is_smaller = false;
        let mut try_these = |all: fn(&Case) -> Vec<Case>, rebuilt: bool| {
            let mut place = 0;
            loop {
                let Some(less) = all(&case).into_iter().nth(place) else {
                    return;
                };
                place += 1;
                let Ok(now) = catch_unwind(AssertUnwindSafe(|| less.written())) else {
                    continue;
                };
                if now == written || begun.elapsed() > PATIENCE {
                    continue;
                }
                if fails(&now, rebuilt || !is_current) {
                    (case, written) = (less, now);
                    (is_smaller, is_current) = (true, true);
                    // What lies at this place now was not tried yet.
                    place -= 1;
                } else {
                    is_current = !rebuilt;
                }
            }
        };
        try_these(shrink::fewer_steps, false);
        try_these(shrink::smaller_types, true);
    }
    case
}

fn regressions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions")
}

/// Keeps a case under this name.
fn keep(name: &str, case: &Written) -> PathBuf {
    let folder = regressions().join(name);
    fs::create_dir_all(&folder).expect("a folder for what is kept");
    for (place, (version, source)) in case.sources.iter().enumerate() {
        let text = format!("// {version}\n{source}");
        fs::write(folder.join(format!("{place}.rs")), text).expect("a source that is kept");
    }
    fs::write(folder.join("script"), case.script.join("\n") + "\n").expect("a script");
    folder
}

/// A case that was kept.
fn kept(folder: &Path) -> Written {
    let read = |name: String| fs::read_to_string(folder.join(name)).ok();
    let sources = (0..).map_while(|place| {
        let text = read(format!("{place}.rs"))?;
        let (version, source) = text.split_once('\n').expect("a version");
        let version = version.trim_start_matches("// ").to_owned();
        Some((version, source.to_owned()))
    });
    let script = read("script".to_owned()).expect("a script");
    Written {
        sources: sources.collect(),
        script: script.lines().map(str::to_owned).collect(),
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn what_failed_once_does_not_fail_again() {
    let Ok(folders) = fs::read_dir(regressions()) else {
        return;
    };
    let mut folders: Vec<PathBuf> = folders.map(|it| it.expect("a folder").path()).collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    let cases: Vec<Written> = folders.iter().map(|folder| kept(folder)).collect();
    let built = build("edited-kept", &cases.iter().collect::<Vec<_>>());
    for (place, (folder, case)) in folders.iter().zip(&cases).enumerate() {
        if let Err(failure) = run(&built, place, case) {
            panic!("{}: {failure}", folder.display());
        }
    }
}

/// A failure that needs one field, one version of its type and one step.
#[test]
fn a_case_that_fails_becomes_as_small_as_what_it_fails_by() {
    let fails = |case: &Written| {
        let has = |(version, source): &(String, String)| {
            version == "1.2.0" && source.contains("std::sync::Mutex<")
        };
        case.sources.iter().any(has) && case.script.iter().any(|step| step.starts_with("rollback"))
    };
    let fields = |case: &Case| -> usize {
        let variants = case.types.types.iter().flat_map(|it| &it.variants);
        variants.map(|it| it.fields.len()).sum()
    };
    let mut cases = (1..).map(Case::new);
    let is_large = |case: &Case, written: &Written| fields(case) > 12 && written.script.len() > 8;
    let case = cases.find(|case| {
        let written = case.written();
        fails(&written) && is_large(case, &written)
    });
    let case = case.expect("a case");
    let before = case.written();
    let mut tried = 0;
    let after = smaller(case, &mut |now, _| {
        tried += 1;
        fails(now)
    });
    let now = after.written();
    assert!(fails(&now), "{now:?}");
    // What counts the calls, what a check looks at and what marks a value stay.
    assert!(fields(&after) <= 4, "{after:?}");
    assert!(
        now.script.len() <= 5,
        "{:?} of {:?}",
        now.script,
        before.script
    );
    assert!(tried > 0);
}

#[test]
fn edits_come_to_what_they_say() {
    let seed = number("HOTMOD_SEED").unwrap_or(9);
    let many = number("HOTMOD_TYPES");
    let all = many.or(number("HOTMOD_FEW")).unwrap_or(FEW);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut failures = Vec::new();
    let all: Vec<u64> = match number("HOTMOD_CASE") {
        Some(case) => vec![case],
        None => (0..all).map(|it| seed * 10_000 + it).collect(),
    };
    for seeds in all.chunks(BATCH) {
        let cases: Vec<Case> = seeds.iter().map(|seed| Case::new(*seed)).collect();
        let written: Vec<Written> = cases.iter().map(Case::written).collect();
        let package = if many.is_some() {
            "edited-many"
        } else {
            "edited"
        };
        let built = build(package, &written.iter().collect::<Vec<_>>());
        for (place, seed) in seeds.iter().enumerate() {
            count(&mut counts, &cases[place], &written[place]);
            let Err(failure) = run(&built, place, &written[place]) else {
                continue;
            };
            eprintln!("case {seed}: {failure}");
            if many.is_none() {
                failures.push(format!("case {seed}: {failure}"));
                continue;
            }
            // The whole case is kept for as long as it takes to make it smaller.
            let name = format!("edited-{seed}");
            keep(&name, &written[place]);
            let smallest = smallest(cases[place].clone(), &failure.kind).written();
            let folder = keep(&name, &smallest);
            failures.push(format!("{}: {}", folder.display(), failure.kind));
        }
    }
    println!("HOTMOD_SEED={seed}");
    for (what, count) in &counts {
        println!("{count:8} {what}");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Counts what a case has tried out.
fn count(counts: &mut BTreeMap<String, u64>, case: &Case, written: &Written) {
    let mut add =
        |what: &str, count: usize| *counts.entry(what.to_owned()).or_default() += count as u64;
    add("modules", written.sources.len());
    add("types", case.types.types.len());
    let forms = case.types.types.iter().flat_map(|it| &it.forms);
    let hooks = forms.clone().filter(|it| it.hook.is_some()).count();
    add("types: functions that make their values", hooks);
    let mut left = 0;
    for described in &case.types.types {
        let hook = |version: usize| described.forms[version].hook.as_ref().map(|it| &it.name);
        left += (1..VERSIONS)
            .filter(|version| hook(*version).is_some() && hook(*version) == hook(version - 1))
            .count();
    }
    add("types: functions that are left in place", left);
    let meanings = forms.filter(|it| it.meaning > 0).count();
    add("types: of another sense", meanings);
    let preflights = case.types.preflights.iter().filter(|it| **it).count();
    add("states: rehearsals that try them out", preflights);
    add("states: checks", case.types.checks.iter().flatten().count());
    for step in &written.script {
        let mut words = step.split(' ');
        let what = words.next().unwrap_or_default();
        let outcome = words.find(|word| ["ok", "refused", "stuck", "any"].contains(word));
        add(&format!("steps: {what} {}", outcome.unwrap_or_default()), 1);
    }
    let sources = || written.sources.iter().map(|(_, source)| source.as_str());
    for kind in [
        "Rc<",
        "rc::Weak<",
        "Range",
        "Poll<",
        "Bound<",
        "RVec<",
        "ROption<",
        "RBox<",
        "RArc<",
        "RHashMap<",
        "RString",
        "RCowStr<",
        "RDuration",
    ] {
        let count = sources().map(|it| it.matches(kind).count()).sum();
        add(&format!("kinds: {kind}"), count);
    }
    for attribute in [
        "default]",
        "skip]",
        "default =",
        "was =",
        "removed(",
        "removed_variant(",
        "checked",
        "fill =",
        "rebuild",
        "with =",
        "skip, init",
        "serde",
        "as =",
        "unsafe(opaque)",
        "unsafe(opaque, with",
    ] {
        add(
            &format!("attributes: {attribute}"),
            sources().map(|it| it.matches(attribute).count()).sum(),
        );
    }
}
