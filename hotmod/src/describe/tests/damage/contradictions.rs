//! Records that contradict each other.

use super::*;

/// The section of a module that imports this.
fn importing(symbol: &str, signature: Signature) -> Vec<u8> {
    let import = ImportedFunction {
        symbols: BTreeMap::from([(symbol.to_owned(), 0)]),
        signature,
    };
    leak::section(&Description {
        imports: BTreeMap::from([("f".to_owned(), import)]),
        ..Description::default()
    })
}

#[test]
fn several_crates_may_declare_an_import_if_they_agree() {
    let first = || importing("a", function().signature);
    let mut renamed = function().signature;
    let mut other = function().signature;
    let param = |name: &str| Param {
        name: name.to_owned(),
        ty: number(),
        default: false,
    };
    other.params = vec![param("room")];
    renamed.params = vec![param("place")];

    let section = [first(), importing("b", function().signature)].concat();
    let imports = decode(&section, "rustc").expect("a description").imports;
    let symbols: Vec<&String> = imports["f"].symbols.keys().collect();
    assert_eq!(symbols, ["a", "b"]);
    let section = [importing("a", other.clone()), importing("b", renamed)].concat();
    decode(&section, "rustc").expect("names are each crate's own");

    assert_eq!(
        refused(&[first(), first()].concat()),
        "record 2, import f: expected one import of each name and crate, found a second one"
    );
    assert_eq!(
        refused(&[first(), importing("b", other)].concat()),
        "record 2, import f: expected one type of function under one name, `fn f() -> u32`, found \
         `fn f(room: u32) -> u32`"
    );
}

#[test]
fn an_import_is_a_function_of_described_types() {
    let mut method = function().signature;
    method.receiver = Receiver::Shared;
    assert_eq!(
        refused(&importing("a", method)),
        "record 1, import f: expected a function without a receiver, found one with a receiver"
    );
    let mut unknown = function().signature;
    unknown.output = world();
    assert_eq!(
        refused(&importing("a", unknown)),
        "`fn f() -> World`: expected a record of the type `World` that it mentions, found none"
    );
}

#[test]
fn what_contradicts_another_record_is_refused() {
    let twice = |description: Description| {
        let section = leak::section(&description);
        refused(&[section.clone(), section].concat())
    };
    let toolchain = || "rustc".to_owned();

    let built = Description {
        build: Some(build()),
        ..Description::default()
    };
    assert_eq!(
        twice(built),
        "record 2, build: expected one build record, found a second one"
    );

    let functions = BTreeMap::from([("f".to_owned(), function())]);
    let with_function = Description {
        functions,
        ..Description::default()
    };
    assert_eq!(
        twice(with_function),
        "record 2: expected one function of each name, found a second one"
    );

    let interfaces = BTreeMap::from([("Game".to_owned(), vec![])]);
    let with_interface = Description {
        interfaces,
        ..Description::default()
    };
    assert_eq!(
        twice(with_interface),
        "record 2: expected one interface of each name, found a second one"
    );

    let table = ImplementedInterface {
        symbol: "symbol".to_owned(),
        state: world(),
        methods: vec![],
    };
    let implemented = Description {
        implementations: BTreeMap::from([("Game".to_owned(), table)]),
        toolchain: toolchain(),
        ..Description::default()
    };
    assert_eq!(
        twice(implemented.clone()),
        "record 2, interface Game: expected one state that implements the interface, found a \
         second one in the same module"
    );
    assert_eq!(
        refused(&leak::section(&implemented)),
        "a state: expected a record of the type `World` that it mentions, found none"
    );

    let init = Init {
        symbol: "symbol".to_owned(),
    };
    let made = Description {
        inits: BTreeMap::from([(world(), init)]),
        ..a_struct()
    };
    let init_alone = Description {
        types: BTreeMap::new(),
        ..made.clone()
    };
    let section = [leak::section(&made), leak::section(&init_alone)].concat();
    assert_eq!(
        refused(&section),
        "record 3: expected one init for each state, found a second one"
    );
    let of_a_number = Description {
        inits: BTreeMap::from([(number(), made.inits[&world()].clone())]),
        ..Description::default()
    };
    assert_eq!(
        refused(&leak::section(&of_a_number)),
        "a state: expected a type that derives `StableState`, found `u32`"
    );

    let hook = || {
        let symbol = "symbol".to_owned();
        BTreeMap::from([(
            world(),
            Hook {
                symbol,
                parallel: false,
            },
        )])
    };
    let converted = Description {
        hooks: hook(),
        ..Description::default()
    };
    assert_eq!(
        refused(&leak::section(&converted)),
        "a migration: expected a record of the type `World` that it mentions, found none"
    );
    let checked = Description {
        checks: hook(),
        ..Description::default()
    };
    assert_eq!(
        refused(&leak::section(&checked)),
        "a migration: expected a record of the type `World` that it mentions, found none"
    );
    let section = [leak::section(&converted), leak::section(&converted)].concat();
    assert_eq!(
        refused(&section),
        "record 2: expected one function marked `#[hotmod::migrate]` for `World`, found `symbol` \
         beside `symbol`"
    );
    let section = [leak::section(&checked), leak::section(&checked)].concat();
    assert_eq!(
        refused(&section),
        "record 2: expected one check for each state, found a second one"
    );

    let mut other = a_struct();
    other.types.get_mut(&world()).expect("described").meaning = 1;
    let section = [leak::section(&a_struct()), leak::section(&other)].concat();
    assert_eq!(
        refused(&section),
        "record 2, type World: expected one type under each id, found a different type under the \
         same id"
    );
    let again = [leak::section(&a_struct()), leak::section(&a_struct())].concat();
    assert_eq!(
        decode(&again, "rustc").unwrap(),
        a_struct(),
        "a generic type comes more than once"
    );

    let skipped = || leaf(Name::Builtin(Builtin::Skipped));
    edited(
        a_struct(),
        "record 1, type World, field a: expected a type, or `skip` and none, found `_`",
        |d| fields(d)[0].ty = skipped(),
    );
    edited(
        a_struct(),
        "record 1, type World, field a: expected a type, or `skip` and none, found `u32` and `skip`",
        |d| fields(d)[0].attributes = vec![Attribute::Skip],
    );
    edited(
        a_struct(),
        "record 1, type World, field a: expected a type, found a field that is not carried over",
        |d| {
            fields(d)[0].ty = Type {
                name: Name::Builtin(Builtin::Vec),
                args: vec![skipped()],
            }
        },
    );
    edited(
        a_struct(),
        "type World, field a: expected a record of the type `Player` that it mentions, found none",
        |d| fields(d)[0].ty = leaf(Name::Named("Player".to_owned())),
    );
}
