//! Descriptions as a compiler could have made them, of any shape.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use hotmod::describe::{
    Attribute, Build, Builtin, Described, Description, Down, ExportedFunction, Field, Hook,
    ImplementedInterface, ImportedFunction, Init, Lifecycle, Name, Opaque, Param, Preflight,
    ReadResource, Receiver, Repr, Shape, Signature, Task, Timer, Type, Variant,
};

/// How many types a description has; each may refer to each.
const TYPES: usize = 4;

/// The type whose values are state.
pub(crate) fn root() -> Type {
    named(0)
}

/// The reference to the `i`th type; every other one is generic.
fn named(i: usize) -> Type {
    let args = match i % 2 {
        0 => vec![],
        _ => vec![
            leaf(Name::Const(Builtin::I8, -1)),
            leaf(Name::Builtin(Builtin::U8)),
        ],
    };
    Type {
        name: Name::Named(format!("T{i}")),
        args,
    }
}

pub(crate) fn leaf(name: Name) -> Type {
    Type { name, args: vec![] }
}

fn ty() -> impl Strategy<Value = Type> {
    let text = leaf(Name::Builtin(Builtin::Str));
    let all = Builtin::ALL.iter().copied();
    // Where a `Lazy` may stand, and that its bytes do not depend on its value, has tests of its own.
    let all = all.filter(|b| *b != Builtin::Lazy);
    let of_fields = |b: &Builtin| *b == Builtin::Skipped || b.is_carried();
    let types: Vec<Builtin> = all.filter(|b| !of_fields(b)).collect();
    let without_parameters = types.iter().copied().filter(|b| b.arity() == Some(0));
    let leaf = prop_oneof![
        prop::sample::select(without_parameters.collect::<Vec<_>>())
            .prop_map(|builtin| leaf(Name::Builtin(builtin))),
        (0..TYPES).prop_map(named),
    ];
    leaf.prop_recursive(3, 8, 3, move |inner| {
        let text = text.clone();
        prop_oneof![
            (0..5_u64, inner.clone()).prop_map(|(length, item)| Type {
                name: Name::Array(length),
                args: vec![item],
            }),
            (prop::sample::select(types.clone()), vec(inner, 4)).prop_map(
                move |(builtin, mut args)| {
                    args.truncate(builtin.arity().unwrap_or(3));
                    if builtin == Builtin::Cow {
                        args = vec![text.clone()];
                    }
                    Type {
                        name: Name::Builtin(builtin),
                        args,
                    }
                }
            ),
        ]
    })
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    let one = prop_oneof![
        Just(Attribute::Default),
        Just(Attribute::Was("old".to_owned())),
        Just(Attribute::Removed("gone".to_owned())),
        Just(Attribute::RemovedVariant("A".to_owned(), "B".to_owned())),
        Just(Attribute::Checked),
        Just(Attribute::Fill),
        Just(Attribute::Rebuild),
        Just(Attribute::By("made".to_owned())),
    ];
    vec(one, 0..2)
}

/// Fields side by side, with gaps.
fn fields() -> impl Strategy<Value = (Vec<Field>, u64, u64)> {
    let with = option::weighted(0.2, ty());
    let opaque = option::weighted(0.1, any::<u128>());
    let field = (
        (ty(), opaque),
        0..4_u32,
        0..3_u64,
        0..3_u64,
        attributes(),
        with,
    );
    vec(field, 0..4).prop_map(|specs| {
        let (mut end, mut strictest) = (0, 1);
        let fields = specs
            .into_iter()
            .enumerate()
            .map(|(i, ((ty, opaque), align, count, gap, attributes, with))| {
                let align = 1 << align;
                let size = align * count;
                let ty = match opaque {
                    Some(identity) => leaf(Name::Opaque(Opaque {
                        text: "a::B".to_owned(),
                        size,
                        align,
                        identity: Some(identity),
                        whole: Some(identity),
                    })),
                    None => ty,
                };
                let offset = (end + gap).next_multiple_of(align);
                end = offset + size;
                strictest = strictest.max(align);
                Field {
                    name: format!("f{i}"),
                    ty,
                    size,
                    align,
                    offset: Some(offset),
                    attributes,
                    with,
                }
            })
            .collect();
        (fields, end.next_multiple_of(strictest), strictest)
    })
}

fn described() -> impl Strategy<Value = Described> {
    let repr = prop::sample::select(vec![
        Repr::Chosen,
        Repr::Fixed("C"),
        Repr::Fixed("u8"),
        Repr::Fixed("C, u16"),
    ]);
    let shape = prop_oneof![
        fields().prop_map(|(fields, size, align)| (Shape::Struct(fields), size, align)),
        (repr, vec((fields(), attributes()), 0..4)).prop_map(|(repr, variants)| {
            let size = variants.iter().map(|((_, size, _), _)| *size).max();
            let align = variants.iter().map(|((_, _, align), _)| *align).max();
            let (size, align) = (size.unwrap_or(0) + 1, align.unwrap_or(1));
            let variants = variants
                .into_iter()
                .enumerate()
                .map(|(i, ((mut fields, ..), attributes))| {
                    fields.iter_mut().for_each(|field| field.offset = None);
                    Variant {
                        name: format!("V{i}"),
                        discriminant: i as i128 - 1,
                        fields,
                        attributes,
                    }
                })
                .collect();
            let repr = match repr {
                Repr::Chosen => Repr::Chosen,
                Repr::Fixed(repr) => Repr::Fixed(repr.to_owned()),
                Repr::Left(_) => unreachable!("it is never the same as another"),
            };
            let shape = Shape::Enum { repr, variants };
            (shape, size.next_multiple_of(align), align)
        }),
    ];
    (shape, 0..3_u32, attributes()).prop_map(|((shape, size, align), meaning, attributes)| {
        Described {
            size,
            align,
            meaning,
            attributes,
            shape,
        }
    })
}

fn signature(name: &'static str) -> impl Strategy<Value = Signature> {
    let receiver =
        prop::sample::select(vec![Receiver::None, Receiver::Shared, Receiver::Exclusive]);
    let says = (any::<bool>(), any::<bool>(), vec("[a-c]", 0..2));
    let parts = (receiver, vec((ty(), any::<bool>()), 0..3), ty(), says);
    parts.prop_map(
        move |(receiver, params, output, (is_async, optional, removed))| Signature {
            name: name.to_owned(),
            is_async,
            is_local: false,
            receiver,
            params: params
                .into_iter()
                .enumerate()
                .map(|(i, (ty, default))| Param {
                    name: format!("p{i}"),
                    ty,
                    default,
                })
                .collect(),
            output,
            optional,
            removed,
        },
    )
}

/// A module without exports whose state is [`root`].
pub(crate) fn state() -> impl Strategy<Value = Description> {
    vec(described(), TYPES).prop_map(|types| {
        let init = Init {
            symbol: "init".to_owned(),
        };
        Description {
            toolchain: "rustc".to_owned(),
            types: types
                .into_iter()
                .enumerate()
                .map(|(i, described)| (named(i), described))
                .collect(),
            inits: BTreeMap::from([(root(), init)]),
            ..Description::default()
        }
    })
}

/// A module with everything that a description can hold.
pub(crate) fn description() -> impl Strategy<Value = Description> {
    let build = (any::<u32>(), any::<bool>()).prop_map(|(abi, unwinds)| Build {
        abi,
        module: "game".to_owned(),
        version: "1.2.3".to_owned(),
        rustc: "rustc 1.95.0".to_owned(),
        commit: "0123".to_owned(),
        target: "x86_64-unknown-linux-gnu".to_owned(),
        unwinds,
        allocator: "host".to_owned(),
    });
    let exports = (signature("f"), signature("g"), signature("h"));
    let import = (signature("i"), 0..3_usize).prop_map(|(signature, crates)| ImportedFunction {
        symbols: (0..crates).map(|i| (format!("import{i}"), 0)).collect(),
        signature: Signature {
            receiver: Receiver::None,
            ..signature
        },
    });
    let marks = (any::<bool>(), any::<bool>(), any::<bool>());
    let parts = (state(), option::of(build), exports, import, marks);
    parts.prop_map(
        |(state, build, (f, g, h), import, (converts, checks, pure))| {
            let hook = |ty: Type| {
                let symbol = "hook".to_owned();
                (
                    ty,
                    Hook {
                        symbol,
                        parallel: false,
                    },
                )
            };
            let lifecycle = |name: &str| Lifecycle {
                name: name.to_owned(),
                symbol: "lifecycle".to_owned(),
            };
            let toolchain = match &build {
                Some(build) => format!("{} {} {}", build.rustc, build.commit, build.target),
                None => state.toolchain.clone(),
            };
            let exclusive = |param: &Param| param.ty.builtin() == Some(Builtin::RefMut);
            let pure = pure && !f.params.iter().any(exclusive);
            let function = ExportedFunction {
                symbol: "fn".to_owned(),
                crossing: "crossing".to_owned(),
                pure: pure.then(|| "pure".to_owned()),
                signature: f,
            };
            // Forms that hold what hotmod cannot look into are not encoded.
            let is_known = |it: &Described| it.fields().all(|field| field.ty.opaque().is_none());
            let form = &state.types[&named(1)];
            let down = (converts && is_known(form)).then(|| Down {
                symbol: "down".to_owned(),
                from: root(),
                to: named(1),
                form: BTreeMap::from([(named(1), form.clone())]),
            });
            let task = || {
                let task = Task {
                    symbol: "task".to_owned(),
                    state: root(),
                    within: Duration::from_secs(1),
                };
                ("feed".to_owned(), task)
            };
            let handed_over = || {
                let table = ImplementedInterface {
                    symbol: "handover".to_owned(),
                    state: root(),
                    methods: Vec::new(),
                };
                (Task::handover("feed"), table)
            };
            let table = ImplementedInterface {
                symbol: "impl".to_owned(),
                state: root(),
                methods: vec![g.clone(), h],
            };
            Description {
                toolchain,
                build,
                functions: BTreeMap::from([("f".to_owned(), function)]),
                imports: (!import.symbols.is_empty())
                    .then(|| ("i".to_owned(), import))
                    .into_iter()
                    .collect(),
                implementations: [("Game".to_owned(), table)]
                    .into_iter()
                    .chain(checks.then(handed_over))
                    .collect(),
                tasks: checks.then(task).into_iter().collect(),
                interfaces: BTreeMap::from([("Expected".to_owned(), vec![g])]),
                hooks: converts.then(|| hook(named(2))).into_iter().collect(),
                downs: down.into_iter().map(|it| ("back".to_owned(), it)).collect(),
                checks: checks.then(|| hook(root())).into_iter().collect(),
                preflights: checks
                    .then(|| {
                        let symbol = "preflight".to_owned();
                        let state = root();
                        ("tick".to_owned(), Preflight { symbol, state })
                    })
                    .into_iter()
                    .collect(),
                forwards: pure.then(|| "tracing".to_owned()).into_iter().collect(),
                timers: checks
                    .then(|| {
                        let timer = Timer {
                            symbol: "every".to_owned(),
                            state: pure.then(root),
                            period: Duration::from_millis(50),
                        };
                        ("tick".to_owned(), timer)
                    })
                    .into_iter()
                    .collect(),
                resources: checks
                    .then(|| {
                        let read = ReadResource {
                            name: "config".to_owned(),
                            symbol: "resource".to_owned(),
                        };
                        ("game.toml".to_owned(), read)
                    })
                    .into_iter()
                    .collect(),
                loaded: checks.then(|| lifecycle("set_up")),
                retired: pure.then(|| lifecycle("close")),
                ..state
            }
        },
    )
}
