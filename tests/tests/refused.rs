//! What may not replace a running version: every change of state, of functions and of interfaces
//! that would corrupt, and every file that is no module of this host. Each is refused with the thing
//! named, and what runs runs on. The changes of state that can be converted stand in the same table:
//! a change is one or the other, and never a state that is read as what it is not.

use std::mem;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::LazyLock;

use hotmod_host::describe::{Rule, Verdict};
use hotmod_host::{Host, Instance, Refusal, RefusalStage, UpdateOutcome, inspect};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::arena::{Arena, Point, Tag};

#[path = "refused/functions.rs"]
mod functions;
#[path = "refused/manifests.rs"]
mod manifests;
#[path = "refused/methods.rs"]
mod methods;
#[path = "refused/policy.rs"]
mod policy;
#[path = "refused/state.rs"]
mod state;

/// One change to the arena, and what comes of it.
struct Row {
    name: &'static str,
    edits: &'static [Edit],
    becomes: Becomes,
}

/// What becomes of a change.
enum Becomes {
    /// These differences are among the reasons of a refusal.
    Refused(&'static [(Rule, &'static str)]),
    /// The update is published, and the state is handed over as it is.
    Adopted,
    /// The update is published for these differences, and the state is converted: printed, it shows
    /// these changes and no others.
    Migrated(&'static [(Rule, &'static str)], &'static [Edit]),
    /// The update is published for these differences, but the state has a value that the plan does
    /// not fit: it stays as it is, in the version that it was at.
    Stuck(&'static [(Rule, &'static str)]),
}

impl Row {
    fn reasons(&self) -> &'static [(Rule, &'static str)] {
        match self.becomes {
            Becomes::Refused(reasons) | Becomes::Migrated(reasons, _) | Becomes::Stuck(reasons) => {
                reasons
            }
            Becomes::Adopted => &[],
        }
    }

    /// How the state is shown otherwise after the change.
    fn shows(&self) -> &'static [Edit] {
        match self.becomes {
            Becomes::Migrated(_, shows) => shows,
            _ => &[],
        }
    }

    /// What its reasons are about: a field of the state, or a function. `None` if it is the state or the
    /// interface as a whole.
    fn subjects(&self) -> Option<Vec<&'static str>> {
        let reasons = self.reasons().iter();
        reasons.map(|(_, path)| subject(path)).collect()
    }

    /// Where its edits are in the sources of the base.
    fn places(&self) -> impl Iterator<Item = Range<usize>> {
        self.edits.iter().map(|(from, _)| {
            let start = SOURCES.find(from).expect("an edit of the base");
            start..start + from.len()
        })
    }

    /// Whether neither change has to do with the other.
    fn is_apart_from(&self, other: &Row) -> bool {
        let (Some(these), Some(those)) = (self.subjects(), other.subjects()) else {
            return false;
        };
        let meets = |a: Range<usize>| other.places().any(|b| a.start < b.end && b.start < a.end);
        let holds = |a: &str, b: &str| {
            let rest = a.strip_prefix(b);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ':', '[', '(']))
        };
        let are_apart = |a: &&str| !those.iter().any(|b| holds(a, b) || holds(b, a));
        these.iter().all(are_apart) && !self.places().any(meets)
    }
}

/// A field of the state, or of what is in that, or a function.
fn subject(path: &'static str) -> Option<&'static str> {
    let end = match path.split_once(['.', '(']) {
        None => return None,
        Some(("World", rest)) => {
            let parts = rest.splitn(3, '.').take(2);
            "World".len() + parts.map(|part| 1 + part.len()).sum::<usize>()
        }
        Some((function, _)) => function.len(),
    };
    Some(&path[..end])
}

const SOURCES: &str = concat!(
    include_str!("../fixtures/arena/module.rs"),
    include_str!("../fixtures/arena/interface.rs")
);

/// The rows that stand in one file, by the name of the first. A refusal names all that differs, and a state
/// that is converted shows it, so changes of which the same becomes and that have nothing to do with each
/// other need no files of their own. Those of the interface have: a host that has another one refuses each
/// when it is loaded.
static FILES: LazyLock<Vec<Vec<&Row>>> = LazyLock::new(|| {
    let mut files: Vec<Vec<&Row>> = methods::ROWS.iter().map(|row| vec![row]).collect();
    let alone = files.len();
    for row in state::ROWS.iter().chain(functions::ROWS) {
        let takes = |file: &&mut Vec<&Row>| {
            !matches!(row.becomes, Becomes::Stuck(_))
                && mem::discriminant(&row.becomes) == mem::discriminant(&file[0].becomes)
                && file.iter().all(|other| row.is_apart_from(other))
        };
        match files[alone..].iter_mut().find(takes) {
            Some(file) => file.push(row),
            None => files.push(vec![row]),
        }
    }
    files
});

/// The rows of the file that a row stands in.
fn beside(row: &Row) -> &'static [&'static Row] {
    let holds = |file: &&Vec<&Row>| file.iter().any(|it| it.name == row.name);
    FILES.iter().find(holds).expect("a file for each row")
}

/// The file that a row stands in.
fn file(row: &Row) -> PathBuf {
    ARENA.file(beside(row)[0].name)
}

static ARENA: LazyLock<Built> = LazyLock::new(|| {
    let mut family = Family::new("arena");
    for file in FILES.iter() {
        let edits = file.iter().flat_map(|row| row.edits);
        let mut edits: Vec<Edit> = edits.copied().collect();
        // A variant has other fields than the base, and never makes a state.
        edits.push((
            "include!(\"world.rs\");",
            "fn world() -> World { unimplemented!(\"only ever an update\") }",
        ));
        family = family.variant(file[0].name, &edits);
    }
    family
        .variant("another-name", &[("name: \"arena\"", "name: \"circus\"")])
        .variant("older-version", &[("\"1.1.0\"", "\"1.0.9\"")])
        .variant("older-prerelease", &[("\"1.1.0\"", "\"1.1.0-rc.1\"")])
        .build()
});

/// A host whose arena runs and has a state.
struct Running {
    module: hotmod_host::Module<dyn Arena>,
    world: Instance<dyn Arena>,
    shown: String,
}

impl Running {
    fn new() -> Running {
        let host = Host::builder().build().expect("a host");
        let module = host
            .load::<dyn Arena>(ARENA.file(BASE))
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        let mut world = module.create("").expect("a world");
        world.advance(1).expect("a call");
        let shown = world.show().expect("a call");
        assert!(shown.contains("ticks: 8"), "{shown}");
        Running {
            module,
            world,
            shown,
        }
    }

    /// What runs still answers, in the version and with the state it had.
    fn goes_on(&mut self) -> Result<(), String> {
        let is = |what: &str, holds: bool| match holds {
            true => Ok(()),
            false => Err(format!("{what} is not what it was")),
        };
        let called = |error| format!("a call fails: {error}");
        is("the version", self.module.version() == "1.1.0")?;
        is("the number of images", self.module.versions().len() == 1)?;
        is(
            "the state",
            self.world.show().map_err(called)? == self.shown,
        )?;
        self.world.advance(0).map_err(called)?;
        is("the state's version", self.world.version() == "1.1.0")?;
        is(
            "the state",
            self.world.show().map_err(called)? == self.shown,
        )?;
        is("a call", self.world.strike(9, 4).map_err(called)? == 5)
    }
}

/// Whether a refusal says all that a user needs.
fn says_everything(refusal: &Refusal) -> Result<(), String> {
    let text = refusal.to_string();
    let mut parts = vec![
        refusal.file().display().to_string(),
        "1.1.0 keeps running".to_owned(),
    ];
    for difference in refusal.differences().iter().filter(|d| d.rule.refuses()) {
        if difference.help.is_empty()
            || difference.was == difference.now && difference.rule != Rule::KeysChanged
        {
            return Err(format!("says too little: {difference:?}"));
        }
        let lines = [&difference.path, &difference.was, &difference.now];
        parts.extend(lines.into_iter().cloned());
        parts.push(format!("help: {}", difference.help));
    }
    match parts.iter().find(|part| !text.contains(part.as_str())) {
        Some(part) => Err(format!("does not say `{part}`:\n{text}")),
        None => Ok(()),
    }
}

/// Makes a change to a running arena.
fn update(running: &mut Running, row: &Row) -> Result<(), String> {
    let file = file(row);
    inspect(&file).map_err(|refusal| format!("is no good module: {refusal}"))?;
    let expected = match row.becomes {
        Becomes::Refused(expected) => expected,
        Becomes::Adopted => return publish(row, Verdict::Adopt, &[]),
        Becomes::Migrated(expected, _) => return publish(row, Verdict::Migrate, expected),
        Becomes::Stuck(expected) => return stick(row, expected),
    };
    let refusal = match running.module.update(&file) {
        Ok(update) => return Err(format!("is accepted: {update:?}")),
        Err(refusal) => refusal,
    };
    if refusal.stage() != RefusalStage::Compare {
        return Err(format!("is refused at {:?}: {refusal}", refusal.stage()));
    }
    let found: Vec<(Rule, &str)> = refusal
        .differences()
        .iter()
        .map(|difference| (difference.rule, difference.path.as_str()))
        .collect();
    if !expected.iter().all(|reason| found.contains(reason)) {
        return Err(format!("is refused for {found:?}, not for {expected:?}"));
    }
    // Another row of the file may be refused, too.
    if !expected.iter().any(|(rule, _)| rule.refuses()) {
        return Err(format!("would not be refused for {expected:?}"));
    }
    says_everything(&refusal)?;
    running.goes_on()
}

/// Makes a change that a host of its own takes.
fn publish(row: &Row, verdict: Verdict, expected: &[(Rule, &str)]) -> Result<(), String> {
    let mut running = published(row, verdict, expected)?;
    let mut shown = running.shown.clone();
    for (from, to) in beside(row).iter().flat_map(|row| row.shows()) {
        if shown.matches(from).count() != 1 {
            return Err(format!("cannot show `{to}` for `{from}`: {shown}"));
        }
        shown = shown.replace(from, to);
    }
    let state = running.world.advance(0).and_then(|_| running.world.show());
    match state.map_err(|error| format!("a call fails: {error}"))? {
        state if state == shown => Ok(()),
        state => Err(format!("has the state {state}, not {shown}")),
    }
}

/// Makes a change that a host of its own takes, but its state does not.
fn stick(row: &Row, expected: &[(Rule, &'static str)]) -> Result<(), String> {
    let mut running = published(row, Verdict::Migrate, expected)?;
    running
        .world
        .advance(0)
        .map_err(|error| format!("a call fails: {error}"))?;
    let Some(stuck) = running.world.stuck() else {
        return Err("converts what does not fit".to_owned());
    };
    let stuck = stuck.to_string();
    let place = |path: &'static str| path.split("::").next().unwrap_or(path);
    if !expected.iter().all(|(_, path)| stuck.contains(place(path))) {
        return Err(format!("does not say where it is stuck: {stuck}"));
    }
    let state = running.world.show();
    match state.map_err(|error| format!("a shared call fails: {error}"))? {
        state if state == running.shown => Ok(()),
        state => Err(format!("has the state {state}")),
    }
}

/// A host of its own, after the change.
fn published(row: &Row, verdict: Verdict, expected: &[(Rule, &str)]) -> Result<Running, String> {
    let running = Running::new();
    let update = running.module.update(file(row));
    let update = update.map_err(|refusal| format!("is refused: {refusal}"))?;
    let found: Vec<(Rule, &str)> = update
        .differences
        .iter()
        .map(|difference| (difference.rule, difference.path.as_str()))
        .collect();
    let as_expected = expected.iter().all(|reason| found.contains(reason));
    match (update.outcome, update.verdict == verdict, as_expected) {
        (UpdateOutcome::Published, true, true) => Ok(running),
        _ => Err(format!("is taken otherwise: {update:?}")),
    }
}

/// Makes all changes of a table, one after the other, to one running arena.
fn update_all(rows: &[Row]) {
    let mut running = Running::new();
    let mut wrong = Vec::new();
    for row in rows {
        if let Err(reason) = update(&mut running, row) {
            wrong.push(format!("{} {reason}", row.name));
            running = Running::new();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn state_is_handed_over_or_refused() {
    update_all(state::ROWS);
}

#[test]
fn exported_functions_keep_their_signatures() {
    update_all(functions::ROWS);
}

#[test]
fn interfaces_keep_their_methods() {
    update_all(methods::ROWS);
}

/// The host's own copy of the interface decides too, not only the version that runs.
#[test]
fn a_module_with_another_interface_is_refused_when_it_is_loaded() {
    let wrong: Vec<String> = methods::ROWS
        .iter()
        .filter(|row| !matches!(row.becomes, Becomes::Adopted))
        .filter_map(|row| {
            let host = Host::builder().build().expect("a host");
            match host.load::<dyn Arena>(file(row)) {
                Ok(_) => Some(format!("{} is accepted", row.name)),
                Err(refusal) if refusal.stage() == RefusalStage::Compare => None,
                Err(refusal) => Some(format!("{}: {refusal}", row.name)),
            }
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A function is compared with the type that the host wrote down.
#[test]
fn a_function_of_another_type_is_refused() {
    let host = Host::builder().build().expect("a host");
    let module = host.load_untyped(ARENA.file(BASE)).expect("the arena");
    let reason = |refusal: Result<(), Refusal>| {
        let refusal = refusal.expect_err("another type");
        assert_eq!(refusal.stage(), RefusalStage::Compare, "{refusal}");
        let rules = refusal.differences().iter().map(|d| d.rule);
        rules.collect::<Vec<_>>()
    };
    macro_rules! asked {
        ($name:literal as $ty:ty) => {
            reason(module.function::<$ty>($name).map(drop))
        };
    }
    assert_eq!(asked!("damage" as fn(u32) -> u32), [Rule::ArgumentAdded]);
    assert_eq!(
        asked!("damage" as fn(u32, u32, u32) -> u32),
        [Rule::ArgumentRemoved]
    );
    assert_eq!(
        asked!("damage" as fn(u32, i32) -> u32),
        [Rule::ArgumentRetyped]
    );
    assert_eq!(
        asked!("damage" as fn(u32, u32) -> i32),
        [Rule::ReturnChanged]
    );
    assert_eq!(asked!("damage" as fn(u32, u32)), [Rule::ReturnChanged]);
    assert_eq!(
        asked!("look" as fn(&mut Point) -> u32),
        [Rule::ArgumentRetyped]
    );
    assert_eq!(asked!("look" as fn(char) -> u32), [Rule::ArgumentRetyped]);
    assert_eq!(asked!("nudge" as fn(&Point)), [Rule::ArgumentRetyped]);
    assert_eq!(
        asked!("label" as fn(char, Point) -> String),
        [Rule::ArgumentRetyped]
    );
    assert_eq!(asked!("sum" as fn(&[i32]) -> u64), [Rule::ArgumentRetyped]);
    assert_eq!(asked!("sum" as fn(char) -> u64), [Rule::ArgumentRetyped]);
    assert_eq!(asked!("gone" as fn()), [Rule::ExportRemoved]);

    let look = module
        .function::<fn(&Point) -> u32>("look")
        .expect("the export");
    let at = Point {
        x: 3,
        y: 0.5,
        tag: Tag::Plain,
    };
    assert_eq!(look.call(&at).expect("a call"), 3);
}
