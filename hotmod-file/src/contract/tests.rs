//! One row for each rule that a comparison can find, from real derives.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use exports::World;
use hotmod::Interface;
use hotmod::describe::{Description, Difference, Receiver, Rule, Verdict};
use hotmod::describe::{
    ExportedFunction, ImplementedInterface, ImportedFunction, Param, ReadResource, Task, Timer,
    Type,
};
use hotmod::state::expected;
use hotmod::state::{Registry, StableState};

use super::{Called, Never, expectation, imports};
use crate::contract;
use crate::described::{state, types};
use crate::plan::Plan;

/// A module whose state `S` implements `I`.
fn implementation<S: StableState, I: Interface + ?Sized>() -> Description {
    let mut types = Registry::default();
    S::register(&mut types);
    I::register(&mut types);
    let described = expected::described(&expected::interface(I::DESC, &types));
    let mut description = described.expect("one type under each id");
    for (name, methods) in std::mem::take(&mut description.interfaces) {
        let table = ImplementedInterface {
            symbol: "impl".to_owned(),
            state: Type::from(&S::TYPE),
            methods,
        };
        description.implementations.insert(name, table);
    }
    description
}

/// A module with a function `f`, whose parameters have these names.
fn function<F: Signature>(names: &[&str]) -> Description {
    let mut types = Registry::default();
    F::register(&mut types);
    let described = expected::function("f", F::PARAMS, F::OUTPUT, &types);
    let described = expected::described(&described);
    let mut description = described.expect("one type under each id");
    for ExportedFunction { signature, .. } in description.functions.values_mut() {
        for (Param { name, .. }, given) in signature.params.iter_mut().zip(names) {
            *name = (*given).to_owned();
        }
    }
    description
}

/// The same, with its functions pure.
fn pure(mut description: Description) -> Description {
    for function in description.functions.values_mut() {
        function.pure = Some("pure".to_owned());
    }
    description
}

/// The same, with a function that makes a value of a file.
fn reading(mut description: Description) -> Description {
    let read = ReadResource {
        name: "config".to_owned(),
        symbol: "resource".to_owned(),
    };
    description.resources.insert("game.toml".to_owned(), read);
    description
}

/// The same, with a function that runs from version to version, and may take so long to stop.
fn tasked(mut description: Description, milliseconds: u64) -> Description {
    let state = description.types.keys().next().expect("a type").clone();
    let table = ImplementedInterface {
        symbol: "handover".to_owned(),
        state: state.clone(),
        methods: Vec::new(),
    };
    let task = Task {
        symbol: "task".to_owned(),
        state,
        within: Duration::from_millis(milliseconds),
    };
    let handover = Task::handover("feed");
    description.implementations.insert(handover, table);
    description.tasks.insert("feed".to_owned(), task);
    description
}

/// The same, with a function that is called every so many milliseconds.
fn timed(mut description: Description, milliseconds: u64) -> Description {
    let timer = Timer {
        symbol: "every".to_owned(),
        state: None,
        period: Duration::from_millis(milliseconds),
    };
    description.timers.insert("tick".to_owned(), timer);
    description
}

/// A module that imports `f`.
fn import<F: Signature>(names: &[&str]) -> Description {
    let mut description = function::<F>(names);
    for (name, function) in std::mem::take(&mut description.functions) {
        let ExportedFunction {
            symbol, signature, ..
        } = function;
        let symbols = BTreeMap::from([(symbol, 0)]);
        let import = ImportedFunction { symbols, signature };
        description.imports.insert(name, import);
    }
    description
}

/// What differs where nothing that is passed is converted.
fn differences(was: &Description, now: &Description) -> Vec<Difference> {
    let mut found = contract::impossible(now);
    found.extend(super::exports(
        was,
        now,
        &Never,
        &|_, _| Called::AsItRuns,
        &|_| Called::AsItRuns,
    ));
    found.extend(super::needs(was, now, &Never));
    found.extend(Plan::new(was, now).differences);
    found
}

/// What the rows need to know of a function's type.
trait Signature {
    const PARAMS: &'static [hotmod::describe::TypeRef];
    const OUTPUT: hotmod::describe::TypeRef;

    fn register(types: &mut Registry);
}

macro_rules! signatures {
    ($(($($param:ident),*);)*) => {$(
        impl<$($param: hotmod::Describe,)* R: hotmod::Describe> Signature for fn($($param),*) -> R {
            const PARAMS: &'static [hotmod::describe::TypeRef] = &[$($param::TYPE),*];
            const OUTPUT: hotmod::describe::TypeRef = R::TYPE;

            fn register(types: &mut Registry) {
                $($param::register(types);)*
                R::register(types);
            }
        }
    )*};
}

signatures! {
    ();
    (A);
    (A, B);
}

struct Row {
    edit: &'static str,
    found: Vec<Difference>,
    expected: &'static [(Rule, &'static str)],
}

/// `row!("what was edited", [(rule, path)], { items before }, { items after })`: `World` is passed by
/// reference, so its bytes are used on both sides.
macro_rules! row {
    ($edit:literal, $expected:expr, { $($was:item)* }, { $($now:item)* }) => {{
        #[allow(dead_code, reason = "only the descriptions matter")]
        mod was {
            use hotmod::StableState;
            $($was)*
        }
        #[allow(dead_code, reason = "only the descriptions matter")]
        mod now {
            use hotmod::StableState;
            $($now)*
        }
        Row {
            edit: $edit,
            found: differences(
                &function::<fn(&'static was::World)>(&["a"]),
                &function::<fn(&'static now::World)>(&["a"]),
            ),
            expected: &$expected,
        }
    }};
    ($edit:literal, $expected:expr, $was:expr, $now:expr) => {
        Row {
            edit: $edit,
            found: differences(&$was, &$now),
            expected: &$expected,
        }
    };
}

mod enums;
mod exports;
mod structs;

fn rows() -> Vec<Row> {
    [structs::rows(), enums::rows(), exports::rows()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn each_edit_is_found_at_its_place_under_its_rule() {
    for Row {
        edit,
        found,
        expected,
    } in rows()
    {
        let found: Vec<_> = found.iter().map(|d| (d.rule, d.path.as_str())).collect();
        assert_eq!(found, expected, "edited: {edit}");
    }
}

#[test]
fn every_rule_of_a_comparison_has_a_row() {
    let found: HashSet<_> = rows()
        .iter()
        .flat_map(|row| row.expected.iter().map(|(rule, _)| *rule))
        .collect();
    // Only a host knows what it does not call.
    let by_files = Rule::of_contracts().filter(|rule| *rule != Rule::MethodUncalled);
    assert_eq!(found, by_files.collect());
}

#[test]
fn every_refusal_says_what_to_write() {
    for row in rows() {
        for difference in row.found {
            assert_eq!(
                difference.rule.refuses(),
                !difference.help.is_empty(),
                "edited: {}: {difference}",
                row.edit
            );
        }
    }
}

#[test]
fn a_row_refuses_if_one_of_its_rules_does() {
    for row in rows() {
        let refuses = row.expected.iter().any(|(rule, _)| rule.refuses());
        assert_eq!(
            Verdict::of(&row.found) == Verdict::Refuse,
            refuses,
            "{}",
            row.edit
        );
    }
}

#[test]
fn a_host_finds_what_it_expects_by_type_alone() {
    let mut expected = function::<fn(u32) -> u32>(&[""]);
    assert_eq!(
        expectation(&expected, &function::<fn(u32) -> u32>(&["a"]), &Never),
        []
    );
    let retyped = expectation(&expected, &function::<fn(i32) -> u32>(&["a"]), &Never);
    assert_eq!(retyped[0].rule, Rule::ArgumentRetyped);
    assert_eq!(retyped[0].path, "f(a)");
    for function in expected.functions.values_mut() {
        function.signature.receiver = Receiver::Shared;
    }
    let received = expectation(&expected, &function::<fn(u32) -> u32>(&["a"]), &Never);
    assert_eq!(received[0].rule, Rule::ReceiverChanged);
}

#[test]
fn a_host_provides_what_is_imported_by_type_alone() {
    let host = function::<fn(u32) -> u32>(&[""]);
    let compare = |candidate: &Description| {
        imports(|name| (name == "f").then_some(&host), candidate, |_| Never)
    };
    assert_eq!(compare(&import::<fn(u32) -> u32>(&["a"])), []);
    assert_eq!(compare(&types::<World>()), []);

    let retyped = compare(&import::<fn(i32) -> u32>(&["a"]));
    assert_eq!(
        retyped[0].to_string(),
        "import f(a): was `u32`, now `i32`\n  help: the host provides what it was compiled with: \
         keep the signature, and import the new one under another name"
    );
    let longer = compare(&import::<fn(u32, u32) -> u32>(&["a", "b"]));
    assert_eq!(longer[0].rule, Rule::ArgumentAdded);
    let returned = compare(&import::<fn(u32)>(&["a"]));
    assert_eq!(returned[0].rule, Rule::ReturnChanged);
}

#[test]
fn an_import_that_no_host_provides_is_missing() {
    let found = imports(
        |_| None,
        &import::<fn(u32, bool) -> u32>(&["room", "loud"]),
        |_| Never,
    );
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "import f(): expected a host that provides `fn f(room: u32, loud: bool) -> u32`, found \
             one that does not\n  help: provide it when the host is built: \
             `Host::builder().provide(\"f\", |room: u32, loud: bool| -> u32 { … })`"
        ]
    );
    let found = imports(|_| None, &import::<fn()>(&[]), |_| Never);
    let help = "provide it when the host is built: `Host::builder().provide(\"f\", || { … })`";
    assert_eq!(found[0].help, help);
    assert!(found[0].rule.refuses());
}

#[test]
fn layouts_of_what_a_host_is_passed_are_compared() {
    let mut host = function::<fn(&'static World)>(&[""]);
    "rustc 2".clone_into(&mut host.toolchain);
    let found = imports(
        |_| Some(&host),
        &import::<fn(&'static World)>(&["world"]),
        |_| Never,
    );
    assert_eq!(found[0].rule, Rule::ToolchainChanged);
    assert_eq!(found[0].path, "import f(world).names");
}
