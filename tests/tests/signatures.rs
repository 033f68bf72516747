//! Each row of the guide's table of changes in signatures, both ways: a host that was compiled before the
//! change calls a module that was compiled after it, and the other way round. The table and the cases must
//! say the same.

#[path = "signatures/cases.rs"]
mod cases;
#[path = "signatures/table.rs"]
mod table;
#[path = "signatures/written.rs"]
mod written;

use std::sync::LazyLock;

use hotmod_host::{Host, HostBuilder, Instance, Interface};
use hotmod_tests::fixture::{Built, Family};
use hotmod_tests::foreseen;

/// A row of the table, with what shows that it is true.
struct Row {
    /// The change, as the table has it.
    change: &'static str,
    cases: &'static [Case],
}

/// A change, with what it leads to both ways.
struct Case {
    name: &'static str,
    was: Side,
    now: Side,
    /// What the older host gets from the newer module.
    newer_module: Becomes,
    /// What the newer host gets from the older module.
    newer_host: Becomes,
}

/// What was compiled, on either side.
struct Side {
    /// Of the module.
    source: &'static str,
    /// Loads a module, and calls it as a host that was compiled so. Returns the outcome of each call as a
    /// line.
    host: fn(&str) -> Result<Vec<String>, String>,
    /// A host that says beforehand that it was compiled so.
    expects: fn() -> HostBuilder,
}

enum Becomes {
    /// Each line.
    Called(&'static [&'static str]),
    /// Each of these stands in the refusal.
    Refused(&'static [&'static str]),
}

const BODY: &str = "// what is compiled";

static DESKS: LazyLock<Built> = LazyLock::new(|| {
    let base = "hotmod::module! { name: \"desk\", version: \"1.0.0\" }\n\
                #[allow(unused_imports)]\nuse hotmod::StableState;\n\
                #[derive(StableState)]\npub struct Desk;\n\
                #[hotmod::init]\nfn desk() -> Desk {\n    Desk\n}\n// what is compiled\n";
    let mut family = Family::written("signatures", base.to_owned());
    for case in cases::all() {
        for (age, side) in [("was", &case.was), ("now", &case.now)] {
            family = family.variant(&format!("{}-{age}", case.name), &[(BODY, side.source)]);
        }
    }
    family.build()
});

fn loaded<I: Interface + ?Sized>(variant: &str) -> Result<Instance<I>, String> {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<I>(DESKS.file(variant));
    let module = module.map_err(|refusal| refusal.to_string())?;
    Ok(module.create("").expect("a desk"))
}

/// A line about one call.
fn line<T: std::fmt::Debug>(called: Result<T, hotmod_host::CallError>) -> String {
    match called {
        Ok(value) => format!("{value:?}"),
        Err(hotmod_host::CallError::Unfit(unfit)) => {
            let ran = if unfit.ran { "ran" } else { "not called" };
            format!("{ran}: {}", unfit.path)
        }
        Err(hotmod_host::CallError::Absent(absent)) => format!("absent: {}", absent.method),
        Err(error) => panic!("{error}"),
    }
}

fn held(
    case: &Case,
    way: &str,
    is: Result<Vec<String>, String>,
    becomes: &Becomes,
) -> Option<String> {
    let name = case.name;
    match (is, becomes) {
        (Ok(lines), Becomes::Called(expected)) if lines == *expected => None,
        (Err(refusal), Becomes::Refused(says)) => {
            let mut missing = says.iter().filter(|it| !refusal.contains(**it));
            missing
                .next()
                .map(|it| format!("{name}, {way}: `{it}` is not said: {refusal}"))
        }
        (Ok(lines), Becomes::Called(expected)) => Some(format!(
            "{name}, {way}: {lines:#?} instead of {expected:#?}"
        )),
        (Ok(lines), Becomes::Refused(_)) => Some(format!("{name}, {way}: accepted: {lines:#?}")),
        (Err(refusal), Becomes::Called(_)) => Some(format!("{name}, {way}: {refusal}")),
    }
}

#[test]
fn every_case_does_what_it_says_both_ways() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        let newer = (case.was.host)(&format!("{}-now", case.name));
        wrong.extend(held(case, "the module is newer", newer, &case.newer_module));
        let older = (case.now.host)(&format!("{}-was", case.name));
        wrong.extend(held(case, "the host is newer", older, &case.newer_host));
        // Where both are of one age, nothing is refused.
        for (side, age) in [(&case.was, "was"), (&case.now, "now")] {
            let same = (side.host)(&format!("{}-{age}", case.name));
            wrong.extend(
                same.err()
                    .map(|refusal| format!("{}, both {age}: {refusal}", case.name)),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What a host wrote down says of each module, and of each update, what the host then does with it.
#[test]
fn what_comes_of_each_case_is_known_beforehand() {
    let (mut accepted, mut refused) = (0, 0);
    for case in cases::all() {
        let file = |age: &str| DESKS.file(&format!("{}-{age}", case.name));
        let (was, now) = (file("was"), file("now"));
        for side in [&case.was, &case.now] {
            let host = (side.expects)();
            for (from, to) in [(&was, &now), (&now, &was)] {
                let Ok(module) = foreseen::load(&host, from) else {
                    refused += 1;
                    continue;
                };
                match foreseen::update(&host, &module, (from, to)) {
                    Ok(_) => accepted += 1,
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(accepted > 20 && refused > 20, "{accepted} and {refused}");
}
