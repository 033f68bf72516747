//! One row for each rule that a comparison can find, from real derives.

use std::collections::BTreeSet;

use super::{expectation, imports};
use crate::describe::description::{Function, Implementation, Import, Param, Type};
use crate::describe::tests::derived::{state, types};
use crate::describe::{Description, Difference, Receiver, Rule, Verdict};
use crate::expected;
use crate::interface::Interface;
use crate::plan::differences;
use crate::state::{Registry, StableState};

/// A module whose state `S` implements `I`.
fn implementation<S: StableState, I: Interface + ?Sized>() -> Description {
    let mut types = Registry::default();
    S::register(&mut types);
    I::register(&mut types);
    let mut description = expected::interface(I::DESC, &types).expect("one type under each id");
    for (name, methods) in std::mem::take(&mut description.interfaces) {
        let table = Implementation {
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
    let mut description =
        expected::function("f", F::PARAMS, F::OUTPUT, &types).expect("one type under each id");
    for Function { signature, .. } in description.functions.values_mut() {
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

/// A module that imports `f`.
fn import<F: Signature>(names: &[&str]) -> Description {
    let mut description = function::<F>(names);
    for (name, function) in std::mem::take(&mut description.functions) {
        let Function {
            symbol, signature, ..
        } = function;
        let symbols = BTreeSet::from([symbol]);
        let import = Import { symbols, signature };
        description.imports.insert(name, import);
    }
    description
}

/// What the rows need to know of a function's type.
trait Signature {
    const PARAMS: &'static [crate::describe::TypeRef];
    const OUTPUT: crate::describe::TypeRef;

    fn register(types: &mut Registry);
}

macro_rules! signatures {
    ($(($($param:ident),*);)*) => {$(
        impl<$($param: crate::Describe,)* R: crate::Describe> Signature for fn($($param),*) -> R {
            const PARAMS: &'static [crate::describe::TypeRef] = &[$($param::TYPE),*];
            const OUTPUT: crate::describe::TypeRef = R::TYPE;

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
            use crate::StableState;
            $($was)*
        }
        #[allow(dead_code, reason = "only the descriptions matter")]
        mod now {
            use crate::StableState;
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

fn structs() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "nothing",
            [],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u32,
                    b: String,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u32,
                    b: String,
                }
            }
        ),
        row!(
            "a field at the end",
            [(FieldAdded, "f(a).b")],
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    a: u64,
                }
            },
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    a: u64,
                    b: u64,
                }
            }
        ),
        row!(
            "a field at the front",
            [(FieldMoved, "f(a).a"), (FieldAdded, "f(a).b")],
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    a: u64,
                }
            },
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    b: u64,
                    a: u64,
                }
            }
        ),
        row!(
            "a field less",
            [(FieldRemoved, "f(a).b")],
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    a: u64,
                    b: u64,
                }
            },
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    a: u64,
                }
            }
        ),
        row!(
            "another name",
            [(FieldRemoved, "f(a).a"), (FieldAdded, "f(a).b")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u64,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct World {
                    b: u64,
                }
            }
        ),
        row!(
            "two of equal size swapped",
            [(FieldMoved, "f(a).a"), (FieldMoved, "f(a).b")],
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    a: u32,
                    b: u32,
                }
            },
            {
                #[derive(StableState)]
                #[repr(C)]
                pub(super) struct World {
                    b: u32,
                    a: u32,
                }
            }
        ),
        row!(
            "another order at the same places",
            [(FieldsReordered, "f(a)")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u8,
                    b: u64,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct World {
                    b: u64,
                    a: u8,
                }
            }
        ),
        row!(
            "the sign",
            [(TypeChanged, "f(a).a")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u32,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: i32,
                }
            }
        ),
        row!(
            "u32 to f32",
            [(TypeChanged, "f(a).a")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u32,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: f32,
                }
            }
        ),
        row!(
            "inside of a newtype of the same name",
            [(TypeChanged, "f(a).a.0")],
            {
                #[derive(StableState)]
                pub(super) struct Id(u32);
                #[derive(StableState)]
                pub(super) struct World {
                    a: Id,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct Id(i32);
                #[derive(StableState)]
                pub(super) struct World {
                    a: Id,
                }
            }
        ),
        row!(
            "deep inside, behind equal sizes",
            [(TypeChanged, "f(a).players[].gold")],
            {
                #[derive(StableState)]
                pub(super) struct Player {
                    gold: u32,
                }
                #[derive(StableState)]
                pub(super) struct World {
                    players: std::collections::HashMap<u64, Player>,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct Player {
                    gold: i32,
                }
                #[derive(StableState)]
                pub(super) struct World {
                    players: std::collections::HashMap<u64, Player>,
                }
            }
        ),
        row!(
            "the alignment",
            [(AlignmentChanged, "f(a)")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: [u64; 2],
                }
            },
            {
                #[derive(StableState)]
                #[repr(align(16))]
                pub(super) struct World {
                    a: [u64; 2],
                }
            }
        ),
        row!(
            "the size",
            [(SizeChanged, "f(a)"), (AlignmentChanged, "f(a)")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u64,
                }
            },
            {
                #[derive(StableState)]
                #[repr(align(16))]
                pub(super) struct World {
                    a: u64,
                }
            }
        ),
        row!(
            "the meaning",
            [(MeaningChanged, "f(a)")],
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u64,
                }
            },
            {
                #[derive(StableState)]
                #[state(meaning = 1)]
                pub(super) struct World {
                    a: u64,
                }
            }
        ),
        row!(
            "a type that refers to itself",
            [(TypeChanged, "f(a).more[].value")],
            {
                #[derive(StableState)]
                pub(super) struct Node {
                    kids: Vec<Node>,
                    value: u64,
                }
                #[derive(StableState)]
                pub(super) struct World {
                    more: Vec<Node>,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct Node {
                    kids: Vec<Node>,
                    value: i64,
                }
                #[derive(StableState)]
                pub(super) struct World {
                    more: Vec<Node>,
                }
            }
        ),
    ]
}

fn enums() -> Vec<Row> {
    use Rule::*;
    vec![
        row!(
            "a struct",
            [(ShapeChanged, "f(a)")],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                }
            },
            {
                #[derive(StableState)]
                pub(super) struct World {
                    a: u8,
                }
            }
        ),
        row!(
            "a variant at the end",
            [(VariantAdded, "f(a)::B")],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                }
            },
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                    B,
                }
            }
        ),
        row!(
            "a variant at the front",
            [(DiscriminantChanged, "f(a)::A"), (VariantAdded, "f(a)::B")],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                }
            },
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    B,
                    A,
                }
            }
        ),
        row!(
            "a variant less",
            [(VariantRemoved, "f(a)::B")],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                    B,
                }
            },
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                }
            }
        ),
        row!(
            "another order with the same discriminants",
            [(VariantsReordered, "f(a)")],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A = 1,
                    B = 2,
                }
            },
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    B = 2,
                    A = 1,
                }
            }
        ),
        row!(
            "swapped discriminants",
            [
                (DiscriminantChanged, "f(a)::A"),
                (DiscriminantChanged, "f(a)::B")
            ],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A = 1,
                    B = 2,
                }
            },
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A = 2,
                    B = 1,
                }
            }
        ),
        row!(
            "a payload",
            [(TypeChanged, "f(a)::A.0")],
            {
                #[derive(StableState)]
                pub(super) enum World {
                    A(u32),
                    B,
                }
            },
            {
                #[derive(StableState)]
                pub(super) enum World {
                    A(i32),
                    B,
                }
            }
        ),
        row!(
            "the representation",
            [(ReprChanged, "f(a)")],
            {
                #[derive(StableState)]
                #[repr(u8)]
                pub(super) enum World {
                    A,
                    B,
                }
            },
            {
                #[derive(StableState)]
                pub(super) enum World {
                    A,
                    B,
                }
            }
        ),
    ]
}

#[derive(crate::StableState)]
#[allow(dead_code, reason = "only the description matters")]
struct World {
    names: Vec<String>,
}

#[derive(crate::StableState)]
#[allow(dead_code, reason = "only the description matters")]
struct Other {
    name: u64,
}

macro_rules! interfaces {
    ($($module:ident { $($method:tt)* })*) => {$(
        mod $module {
            #[crate::interface]
            #[allow(dead_code, reason = "only the description matters")]
            pub(super) trait Game { $($method)* }
        }
    )*};
}

interfaces! {
    base { fn a(&self, x: u32) -> u32; fn b(&self); }
    swapped { fn b(&self); fn a(&self, x: u32) -> u32; }
    more { fn a(&self, x: u32) -> u32; fn b(&self); fn c(&self); }
    fewer { fn a(&self, x: u32) -> u32; }
    exclusive { fn a(&mut self, x: u32) -> u32; fn b(&self); }
}

mod shared {
    #[crate::interface]
    #[allow(dead_code, reason = "only the description matters")]
    pub(super) trait Game: Sync {
        fn a(&self, x: u32) -> u32;
        fn b(&self);
    }
}

fn exports() -> Vec<Row> {
    use Rule::*;
    let other_toolchain = || {
        let mut description = function::<fn(&'static World)>(&["a"]);
        "rustc 2".clone_into(&mut description.toolchain);
        description
    };
    let base = implementation::<World, dyn base::Game>;
    vec![
        row!(
            "an argument more",
            [(ArgumentAdded, "f(b)")],
            function::<fn(u32) -> u32>(&["a"]),
            function::<fn(u32, u32) -> u32>(&["a", "b"])
        ),
        row!(
            "an argument less",
            [(ArgumentRemoved, "f(b)")],
            function::<fn(u32, u32) -> u32>(&["a", "b"]),
            function::<fn(u32) -> u32>(&["a"])
        ),
        row!(
            "an argument's type",
            [(ArgumentRetyped, "f(a)")],
            function::<fn(u32) -> u32>(&["a"]),
            function::<fn(i32) -> u32>(&["a"])
        ),
        row!(
            "by reference",
            [(ArgumentRetyped, "f(a)")],
            function::<fn(World)>(&["a"]),
            function::<fn(&'static World)>(&["a"])
        ),
        row!(
            "mutability",
            [(ArgumentRetyped, "f(a)")],
            function::<fn(&'static World)>(&["a"]),
            function::<fn(&'static mut World)>(&["a"])
        ),
        row!(
            "arguments swapped",
            [(ArgumentsSwapped, "f()")],
            function::<fn(u32, u32)>(&["a", "b"]),
            function::<fn(u32, u32)>(&["b", "a"])
        ),
        row!(
            "an argument's name",
            [(ArgumentRenamed, "f(a)")],
            function::<fn(u32)>(&["a"]),
            function::<fn(u32)>(&["amount"])
        ),
        row!(
            "the return type",
            [(ReturnChanged, "f() ->")],
            function::<fn() -> u32>(&[]),
            function::<fn() -> u64>(&[])
        ),
        row!(
            "a function that is pure",
            [(PurityChanged, "f()")],
            function::<fn()>(&[]),
            pure(function::<fn()>(&[]))
        ),
        row!(
            "a function that is not pure any more",
            [(PurityChanged, "f()")],
            pure(function::<fn()>(&[])),
            function::<fn()>(&[])
        ),
        row!(
            "a new function",
            [(ExportAdded, "f()")],
            types::<World>(),
            function::<fn()>(&[])
        ),
        row!(
            "a function gone",
            [(ExportRemoved, "f()")],
            function::<fn()>(&[]),
            types::<World>()
        ),
        row!(
            "a new import",
            [(ImportAdded, "import f()")],
            types::<World>(),
            import::<fn()>(&[])
        ),
        row!(
            "an import gone",
            [(ImportRemoved, "import f()")],
            import::<fn()>(&[]),
            types::<World>()
        ),
        row!(
            "an export that is an import now",
            [(ExportRemoved, "f()"), (ImportAdded, "import f()")],
            function::<fn()>(&[]),
            import::<fn()>(&[])
        ),
        row!(
            "an import's argument",
            [(ArgumentRetyped, "import f(a)")],
            import::<fn(u32)>(&["a"]),
            import::<fn(u64)>(&["a"])
        ),
        row!(
            "an import's result",
            [(ReturnChanged, "import f() ->")],
            import::<fn() -> u32>(&[]),
            import::<fn() -> u64>(&[])
        ),
        row!(
            "threads can no longer share the state",
            [(SharingLost, "Game")],
            implementation::<World, dyn shared::Game>(),
            base()
        ),
        row!(
            "threads can share the state now",
            [],
            base(),
            implementation::<World, dyn shared::Game>()
        ),
        row!(
            "methods in another order",
            [(MethodsReordered, "Game")],
            base(),
            implementation::<World, dyn swapped::Game>()
        ),
        row!(
            "a new method",
            [(MethodsReordered, "Game::c()")],
            base(),
            implementation::<World, dyn more::Game>()
        ),
        row!(
            "a method gone",
            [(ExportRemoved, "Game::b()")],
            base(),
            implementation::<World, dyn fewer::Game>()
        ),
        row!(
            "the receiver",
            [(ReceiverChanged, "Game::a(self)")],
            base(),
            implementation::<World, dyn exclusive::Game>()
        ),
        row!(
            "an interface gone",
            [(ExportRemoved, "Game")],
            base(),
            types::<World>()
        ),
        row!(
            "a new interface",
            [(ExportAdded, "Game")],
            types::<World>(),
            base()
        ),
        row!(
            "another state",
            [(StateChanged, "Game"), (TypeChanged, "World")],
            base(),
            implementation::<Other, dyn base::Game>()
        ),
        row!(
            "no init",
            [(InitRemoved, "World")],
            state::<World>(),
            types::<World>()
        ),
        row!(
            "the compiler",
            [(ToolchainChanged, "f(a).names")],
            function::<fn(&'static World)>(&["a"]),
            other_toolchain()
        ),
    ]
}

fn rows() -> Vec<Row> {
    [structs(), enums(), exports()]
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
    let found: BTreeSet<_> = rows()
        .iter()
        .flat_map(|row| row.expected.iter().map(|(rule, _)| *rule as usize))
        .collect();
    let all: BTreeSet<_> = (0..=Rule::ToolchainChanged as usize).collect();
    assert_eq!(found, all, "numbered as `Rule` is");
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
        expectation(&expected, &function::<fn(u32) -> u32>(&["a"])),
        []
    );
    let retyped = expectation(&expected, &function::<fn(i32) -> u32>(&["a"]));
    assert_eq!(retyped[0].rule, Rule::ArgumentRetyped);
    assert_eq!(retyped[0].path, "f(a)");
    for function in expected.functions.values_mut() {
        function.signature.receiver = Receiver::Shared;
    }
    let received = expectation(&expected, &function::<fn(u32) -> u32>(&["a"]));
    assert_eq!(received[0].rule, Rule::ReceiverChanged);
}

#[test]
fn a_host_provides_what_is_imported_by_type_alone() {
    let host = function::<fn(u32) -> u32>(&[""]);
    let compare =
        |candidate: &Description| imports(|name| (name == "f").then_some(&host), candidate);
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
    let found = imports(|_| None, &import::<fn(u32, bool) -> u32>(&["room", "loud"]));
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "import f(): expected a host that provides `fn f(room: u32, loud: bool) -> u32`, found \
             one that does not\n  help: provide it when the host is built: \
             `Host::builder().provide(\"f\", |room: u32, loud: bool| -> u32 { … })`"
        ]
    );
    let found = imports(|_| None, &import::<fn()>(&[]));
    let help = "provide it when the host is built: `Host::builder().provide(\"f\", || { … })`";
    assert_eq!(found[0].help, help);
    assert!(found[0].rule.refuses());
}

#[test]
fn layouts_of_what_a_host_is_passed_are_compared() {
    let mut host = function::<fn(&'static World)>(&[""]);
    "rustc 2".clone_into(&mut host.toolchain);
    let found = imports(|_| Some(&host), &import::<fn(&'static World)>(&["world"]));
    assert_eq!(found[0].rule, Rule::ToolchainChanged);
    assert_eq!(found[0].path, "import f(world).names");
}
