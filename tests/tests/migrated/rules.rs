//! Each row of the guide's table of changes, both ways: what a change needs, and what is said where
//! it lacks that. A file for each row.

#[path = "rules/added.rs"]
mod added;
#[path = "rules/anew.rs"]
mod anew;
#[path = "rules/arrays.rs"]
mod arrays;
#[path = "rules/functions.rs"]
mod functions;
#[path = "rules/gone.rs"]
mod gone;
#[path = "rules/keys.rs"]
mod keys;
#[path = "rules/kin.rs"]
mod kin;
#[path = "rules/kinds.rs"]
mod kinds;
#[path = "rules/libraries.rs"]
mod libraries;
#[path = "rules/narrowed.rs"]
mod narrowed;
#[path = "rules/nested.rs"]
mod nested;
#[path = "rules/opaque.rs"]
mod opaque;
#[path = "rules/places.rs"]
mod places;
#[path = "rules/removed.rs"]
mod removed;
#[path = "rules/renamed.rs"]
mod renamed;
#[path = "rules/senses.rs"]
mod senses;
#[path = "rules/several.rs"]
mod several;
#[path = "rules/table.rs"]
mod table;
#[path = "rules/variants.rs"]
mod variants;
#[path = "rules/widened.rs"]
mod widened;

use std::ops::Range;
use std::sync::LazyLock;

use hotmod_host::describe::{Difference, Verdict};
use hotmod_host::{Module, Refusal, RefusalStage, UpdateOutcome};
use hotmod_tests::fixture::{BASE, Built, Edit, Family, ForGood};

use hotmod_tests::interfaces::realm::Realm;

use super::{at_rest, create, load, update};

/// A row of the table, with what shows that it is true.
struct Row {
    /// The change, as the table has it.
    change: &'static str,
    migrated: &'static [Migrated],
    refused: &'static [Refused],
    stuck: &'static [Stuck],
}

/// A change that live state follows.
struct Migrated {
    name: &'static str,
    edits: &'static [Edit],
    /// The whole plan.
    plan: &'static [&'static str],
    /// What the state, printed, shows otherwise than before.
    shows: &'static [Edit],
    /// What becomes of the change without its attributes.
    without: Without,
}

/// What becomes of a change without its attributes.
enum Without {
    /// It has none.
    Nothing,
    /// It is refused, and this is all that is said.
    Refused(&'static [&'static str]),
    /// It is allowed, but this state does not follow: where not, and why.
    Stuck(&'static str, &'static str),
    /// It is no state, so it does not compile.
    NoState,
}

/// A change that is refused, whatever attributes it has.
struct Refused {
    name: &'static str,
    edits: &'static [Edit],
    /// All that the refusal says of it.
    says: &'static [&'static str],
}

/// A change that is allowed, but that this state does not follow.
struct Stuck {
    name: &'static str,
    edits: &'static [Edit],
    path: &'static str,
    reason: &'static str,
}

/// The rows, in the order of the table.
const ROWS: &[Row] = &[
    places::ROW,
    added::ROW,
    removed::ROW,
    renamed::ROW,
    widened::ROW,
    narrowed::ROW,
    kinds::ROW,
    kin::ROW,
    libraries::ROW,
    arrays::ROW,
    keys::ROW,
    nested::ROW,
    variants::ROW,
    gone::ROW,
    anew::ROW,
    opaque::ROW,
    senses::ROW,
    functions::ROW,
];

const NEW_FIELD: &str = "help: existing state has no value for it; write #[state(default)] or \
     #[state(default = …)], or #[state(was = \"…\")] if it had another name";
const NARROWS: &str = "help: narrowing can lose values; write #[state(checked)] to abort on the \
     first that does not fit";
const OTHER: &str = "help: write #[state(with = path::to::function)] on the field, with \
     `fn(&Old) -> New` or `fn(&Old) -> Result<New, E>`";

fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain([&several::ROW])
}

fn migrated() -> impl Iterator<Item = &'static Migrated> {
    rows().flat_map(|row| row.migrated)
}

/// The attributes in a piece of source.
fn attributes(source: &str) -> impl Iterator<Item = &str> {
    let starts = source
        .match_indices("#[")
        .map(|(start, _)| &source[start..]);
    starts.map(|rest| {
        let mut depth = 0;
        let end = rest.find(|c| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            c == ']' && depth == 0
        });
        &rest[..=end.expect("an attribute that ends")]
    })
}

/// The attributes that allow what would be refused. A new meaning is a change by itself.
fn allowing(source: &str) -> impl Iterator<Item = &str> {
    attributes(source).filter(|it| {
        it.starts_with("#[hotmod::migrate") || it.starts_with("#[state(") && !it.contains("meaning")
    })
}

/// The same change without attributes.
fn bare(row: &Migrated) -> Vec<Edit> {
    let edits = row.edits.iter().map(|(from, to)| {
        let mut bare = (*to).to_owned();
        for attribute in allowing(to) {
            bare = bare.replacen(attribute, "", 1);
        }
        // Edits are borrowed for as long as there are tests.
        (*from, bare.for_good())
    });
    edits.collect()
}

fn bare_name(row: &Migrated) -> String {
    format!("{}-bare", row.name)
}

/// A change that is refused, and all that is said of it.
struct Told {
    name: String,
    edits: Vec<Edit>,
    says: &'static [&'static str],
}

const SOURCES: &str = concat!(
    include_str!("../../fixtures/realm/module.rs"),
    include_str!("../../fixtures/realm/interface.rs")
);

impl Told {
    /// The field of the state that is spoken of. `None` where there are several, and where what is added
    /// could be meant for another change, too.
    fn subject(&self) -> Option<&'static str> {
        let is_item = |text: &str| {
            ["fn ", "struct ", "enum ", "use "]
                .iter()
                .any(|it| text.contains(it))
        };
        if self.edits.iter().any(|(_, to)| is_item(to)) {
            return None;
        }
        let subject = |line: &&'static str| {
            let field = line.strip_prefix("World.")?;
            field.split(['.', ':', '[']).next()
        };
        let said = self.says.iter().filter(|line| !line.starts_with("help: "));
        let mut subjects: Vec<Option<&str>> = said.map(subject).collect();
        subjects.dedup();
        match subjects[..] {
            [subject] => subject,
            _ => None,
        }
    }

    /// Where its edits are in the sources of the base.
    fn places(&self) -> impl Iterator<Item = Range<usize>> {
        self.edits.iter().map(|(from, _)| {
            let start = SOURCES.find(from).expect("an edit of the base");
            start..start + from.len()
        })
    }

    /// Whether neither change has to do with the other.
    fn is_apart_from(&self, other: &Told) -> bool {
        let (Some(this), Some(that)) = (self.subject(), other.subject()) else {
            return false;
        };
        let meets = |a: Range<usize>| other.places().any(|b| a.start < b.end && b.start < a.end);
        this != that && !self.places().any(meets)
    }
}

/// The changes that are refused together, as one file. A refusal says all that differs, so changes that
/// have nothing to do with each other need no files of their own.
static REFUSED: LazyLock<Vec<Vec<Told>>> = LazyLock::new(|| {
    let bare = migrated().filter_map(|row| match row.without {
        Without::Refused(says) => Some(Told {
            name: bare_name(row),
            edits: bare(row),
            says,
        }),
        _ => None,
    });
    let refused = rows().flat_map(|row| row.refused).map(|row| Told {
        name: row.name.to_owned(),
        edits: row.edits.to_vec(),
        says: row.says,
    });
    let mut files: Vec<Vec<Told>> = Vec::new();
    for change in bare.chain(refused) {
        let takes = |file: &&mut Vec<Told>| file.iter().all(|it| change.is_apart_from(it));
        match files.iter_mut().find(takes) {
            Some(file) => file.push(change),
            None => files.push(vec![change]),
        }
    }
    files
});

static REALM: LazyLock<Built> = LazyLock::new(|| {
    let mut variants: Vec<(String, Vec<Edit>)> = Vec::new();
    for row in migrated() {
        variants.push((row.name.to_owned(), row.edits.to_vec()));
        if let Without::Stuck(..) = row.without {
            variants.push((bare_name(row), bare(row)));
        }
    }
    for file in REFUSED.iter() {
        let edits = file.iter().flat_map(|change| change.edits.iter().copied());
        variants.push((file[0].name.clone(), edits.collect()));
    }
    let stuck = rows().flat_map(|row| row.stuck);
    variants.extend(stuck.map(|row| (row.name.to_owned(), row.edits.to_vec())));
    let mut family = Family::new("realm");
    for (name, mut edits) in variants {
        edits.push((
            "include!(\"world.rs\");",
            "fn world() -> World { unimplemented!(\"only ever an update\") }",
        ));
        family = family.variant(&name, &edits);
    }
    family.build()
});

fn first_line(difference: &Difference) -> String {
    let text = difference.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

/// The state of the base after this change, and how far back it goes.
fn migrate(row: &Migrated) -> Result<Back, String> {
    let module = load::<dyn Realm>(REALM.file(BASE));
    let mut world = create(&module, "");
    let before = world.show().expect("a call");
    let mut expected = before.clone();
    for (from, to) in row.shows {
        if expected.matches(from).count() != 1 {
            return Err(format!("cannot show `{to}` for `{from}`: {expected}"));
        }
        expected = expected.replace(from, to);
    }

    let done = module
        .update(REALM.file(row.name))
        .map_err(|refusal| format!("is refused: {refusal}"))?;
    if (done.outcome, done.verdict) != (UpdateOutcome::Published, Verdict::Migrate) {
        return Err(format!("is taken otherwise: {done:?}"));
    }
    let mut plan: Vec<String> = done.differences.iter().map(first_line).collect();
    plan.sort_unstable();
    let mut expected_plan = row.plan.to_vec();
    expected_plan.sort_unstable();
    if plan != expected_plan {
        return Err(format!("has another plan: {plan:#?}"));
    }
    world
        .touch()
        .map_err(|error| format!("a call fails: {error}"))?;
    if let Some(error) = world.stuck() {
        return Err(format!("is stuck: {error}"));
    }
    let after = world.show().expect("a call");
    if after != expected {
        return Err(format!("shows\n{after}\nfor\n{expected}"));
    }

    let back = match module.update(REALM.file(BASE)) {
        Err(_) => Back::Refused,
        Ok(_) if world.migrate().is_err() => match world.show().expect("a call") {
            shown if shown == after => Back::Stuck,
            shown => return Err(format!("is left as\n{shown}\nfrom\n{after}")),
        },
        Ok(_) => match world.show().expect("a call") {
            shown if shown == before => Back::Same,
            // What a variant became does not say what it was.
            _ if row.name == "variant-replaced" => Back::Lost,
            shown => return Err(format!("goes back to\n{shown}\nfrom\n{before}")),
        },
    };
    drop(world);
    leaves_nothing(&module, row.name)?;
    Ok(back)
}

/// Checks that nothing of a state that went to this variant is left once it is dropped.
fn leaves_nothing(module: &Module<dyn Realm>, name: &str) -> Result<(), String> {
    let files = [BASE, name].map(|variant| REALM.file(variant));
    let (held, at_rest) = (module.memory(), at_rest::<dyn Realm>(files));
    match held == at_rest {
        true => Ok(()),
        false => Err(format!("leaves {held} bytes, of {at_rest} at rest")),
    }
}

#[derive(Debug, PartialEq)]
enum Back {
    Same,
    Lost,
    Stuck,
    Refused,
}

/// Checks that an update of the base to the file of this change is refused with what is to be said of each
/// change in it and no more, and changes nothing.
fn refuse(name: &str) -> Result<(), String> {
    let holds = |file: &&Vec<Told>| file.iter().any(|change| change.name == name);
    let file = REFUSED.iter().find(holds).expect("a file for each change");
    let module = load::<dyn Realm>(REALM.file(BASE));
    let mut world = create(&module, "");
    let before = world.show().expect("a call");
    let refusal: Refusal = match module.update(REALM.file(&file[0].name)) {
        Ok(update) => return Err(format!("is accepted: {update:?}")),
        Err(refusal) => refusal,
    };
    let text = refusal.to_string();
    let lines = text.lines().skip(1).map(str::trim);
    // The code of each rule has tests of its own.
    let mut said: Vec<_> = lines
        .map(|it| it.split(" [HM-").next().unwrap_or(it))
        .collect();
    let all = said.clone();
    for change in file {
        let says = change.says;
        let Some(at) = said.windows(says.len()).position(|lines| lines == says) else {
            return Err(format!("says {all:#?}"));
        };
        said.drain(at..at + says.len());
    }
    if !said.is_empty() || refusal.stage() != RefusalStage::Compare {
        return Err(format!("says {said:#?} more"));
    }
    world
        .touch()
        .map_err(|error| format!("a call fails: {error}"))?;
    match world.show().expect("a call") {
        shown if shown == before => Ok(()),
        shown => Err(format!("leaves\n{shown}\nof\n{before}")),
    }
}

/// Checks that the state of the base does not follow this variant, and goes on as it was.
fn stick(name: &str, (path, reason): (&str, &str)) -> Result<(), String> {
    let module = load::<dyn Realm>(REALM.file(BASE));
    let mut world = create(&module, "");
    let before = world.show().expect("a call");
    update(&module, REALM.file(name));
    for _ in 0..2 {
        let Err(error) = world.migrate() else {
            return Err("is migrated".to_owned());
        };
        // A panic also says where.
        if error.path != path || !error.reason.ends_with(reason) {
            return Err(format!("says {error:?}"));
        }
        if world.stuck() != Some(&error) {
            return Err(format!("is stuck otherwise: {:?}", world.stuck()));
        }
        world
            .touch()
            .map_err(|error| format!("a call fails: {error}"))?;
        let shown = world.show().expect("a call");
        if shown != before {
            return Err(format!("leaves\n{shown}\nof\n{before}"));
        }
    }
    drop(world);
    leaves_nothing(&module, name)
}

/// Fails with all that is wrong.
fn none_wrong(done: impl Iterator<Item = (String, Result<(), String>)>) {
    let wrong = done.filter_map(|(name, done)| Some(format!("{name} {}", done.err()?)));
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn state_follows_what_a_rule_allows() {
    let mut back = Vec::new();
    none_wrong(migrated().map(|row| {
        let done = migrate(row).map(|way| back.push(way));
        (row.name.to_owned(), done)
    }));
    // Going back is asked for as often as it is possible.
    assert!(back.iter().filter(|way| **way == Back::Same).count() >= 10);
    assert!(back.contains(&Back::Refused));
}

#[test]
fn what_no_rule_allows_is_refused_with_its_cure() {
    let refused = rows().flat_map(|row| row.refused);
    none_wrong(refused.map(|row| (row.name.to_owned(), refuse(row.name))));
}

#[test]
fn a_value_that_does_not_fit_leaves_the_state_as_it_was() {
    let stuck = rows().flat_map(|row| row.stuck);
    none_wrong(stuck.map(|row| (row.name.to_owned(), stick(row.name, (row.path, row.reason)))));
}

#[test]
fn what_an_attribute_allows_is_refused_without_it() {
    none_wrong(migrated().map(|row| {
        let name = bare_name(row);
        let done = match &row.without {
            Without::Nothing if bare(row) == row.edits => Ok(()),
            Without::Nothing => Err("is the same without its attributes".to_owned()),
            _ if bare(row) == row.edits => Err("has no attributes".to_owned()),
            Without::Refused(_) => refuse(&name),
            Without::Stuck(path, reason) => stick(&name, (path, reason)),
            Without::NoState => Ok(()),
        };
        (name, done)
    }));
}
