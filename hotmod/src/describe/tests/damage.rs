//! What the decoder refuses, one row for each check.

use std::collections::{BTreeMap, BTreeSet};

use super::arbitrary::leaf;
use super::leak;
use crate::describe::decode::decode;
use crate::describe::format::{HeadTag, Kind, MAGIC, MANDATORY};
use crate::describe::{
    Attribute, Build, Builtin, Described, Description, Field, Function, Hook, Implementation,
    Import, Init, Name, Opaque, Param, Receiver, Shape, Signature, Type, Variant,
};

fn world() -> Type {
    leaf(Name::Named("World".to_owned()))
}

fn number() -> Type {
    leaf(Name::Builtin(Builtin::U32))
}

fn field(name: &str, offset: Option<u64>) -> Field {
    Field {
        name: name.to_owned(),
        ty: number(),
        size: 4,
        align: 4,
        offset,
        attributes: vec![],
        with: None,
    }
}

fn variant(name: &str, discriminant: i128) -> Variant {
    Variant {
        name: name.to_owned(),
        discriminant,
        fields: vec![field("0", None)],
        attributes: vec![],
    }
}

fn described(shape: Shape) -> Description {
    let world_type = Described {
        size: 8,
        align: 4,
        meaning: 0,
        attributes: vec![],
        shape,
    };
    Description {
        toolchain: "rustc".to_owned(),
        types: BTreeMap::from([(world(), world_type)]),
        ..Description::default()
    }
}

fn a_struct() -> Description {
    described(Shape::Struct(vec![
        field("a", Some(0)),
        field("b", Some(4)),
    ]))
}

fn an_enum() -> Description {
    described(Shape::Enum {
        repr: None,
        variants: vec![variant("A", 0), variant("B", 1)],
    })
}

fn function() -> Function {
    Function {
        symbol: "symbol".to_owned(),
        signature: Signature {
            name: "f".to_owned(),
            receiver: Receiver::None,
            params: vec![],
            output: number(),
        },
        pure: None,
    }
}

fn build() -> Build {
    Build {
        abi: 1,
        module: "game".to_owned(),
        version: "1.0.0".to_owned(),
        rustc: "rustc".to_owned(),
        commit: "c".to_owned(),
        target: "t".to_owned(),
        unwinds: true,
        allocator: "host".to_owned(),
    }
}

/// The first error of decoding this section, in full.
fn refused(section: &[u8]) -> String {
    match decode(section, "rustc") {
        Ok(description) => panic!("decoded into {description:#?}"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn edited(base: Description, expected: &str, edit: impl FnOnce(&mut Described)) {
    let mut description = base;
    edit(description.types.get_mut(&world()).expect("described"));
    assert_eq!(refused(&leak::section(&description)), expected);
}

fn fields(described: &mut Described) -> &mut Vec<Field> {
    match &mut described.shape {
        Shape::Struct(fields) => fields,
        Shape::Enum { variants, .. } => &mut variants[0].fields,
    }
}

fn variants(described: &mut Described) -> &mut Vec<Variant> {
    match &mut described.shape {
        Shape::Enum { variants, .. } => variants,
        Shape::Struct(_) => panic!("a struct"),
    }
}

fn record(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut record = MAGIC.to_vec();
    record.extend([kind, flags]);
    record.extend(u32::try_from(payload.len()).expect("short").to_le_bytes());
    record.extend(payload);
    record
}

/// A function record whose output is the type with these bytes.
fn returning(output: &[u8]) -> Vec<u8> {
    ending(&[output, &[0]].concat())
}

/// A function record that goes on like this where its output stands.
fn ending(rest: &[u8]) -> Vec<u8> {
    let mut payload = vec![];
    for text in ["symbol", "f"] {
        payload.extend(u32::try_from(text.len()).expect("short").to_le_bytes());
        payload.extend(text.as_bytes());
    }
    payload.push(Receiver::None as u8);
    payload.extend([0; 4]);
    payload.extend(rest);
    record(Kind::Function as u8, MANDATORY, &payload)
}

#[test]
fn the_rows_below_start_from_what_is_decoded() {
    for base in [a_struct(), an_enum()] {
        assert_eq!(decode(&leak::section(&base), "rustc").unwrap(), base);
    }
    let unit = [&[Builtin::Unit as u8][..], &[0; 4]].concat();
    assert!(decode(&returning(&unit), "rustc").is_ok());
}

#[test]
fn layouts_that_no_compiler_gives_are_refused() {
    const MULTIPLE: &str = "expected a size that is a multiple of an alignment that is a power of \
                            two, found size";
    let at = |rest: &str| format!("record 1, type World{rest}");
    edited(
        a_struct(),
        &at(&format!(": {MULTIPLE} 9, alignment 4")),
        |d| d.size = 9,
    );
    edited(
        a_struct(),
        &at(&format!(": {MULTIPLE} 9, alignment 3")),
        |d| {
            (d.size, d.align) = (9, 3);
        },
    );
    edited(
        a_struct(),
        &at(&format!(": {MULTIPLE} 0, alignment 0")),
        |d| {
            (d.size, d.align) = (0, 0);
        },
    );
    edited(
        a_struct(),
        &at(&format!(", field a: {MULTIPLE} 3, alignment 4")),
        |d| {
            fields(d)[0].size = 3;
        },
    );
    edited(
        a_struct(),
        &at(
            ", field b: expected a place inside the 8 bytes of the type, found 4 bytes at offset 8",
        ),
        |d| {
            fields(d)[1].offset = Some(8);
        },
    );
    edited(
        a_struct(),
        &at(&format!(
            ", field b: expected a place inside the 8 bytes of the type, found 4 bytes at offset {}",
            u64::MAX - 3
        )),
        |d| {
            fields(d)[1].offset = Some(u64::MAX - 3);
        },
    );
    edited(
        a_struct(),
        &at(
            ", field b: expected a place inside the 8 bytes of the type, found 4 bytes at offset 2",
        ),
        |d| {
            fields(d)[1].offset = Some(2);
        },
    );
    edited(
        a_struct(),
        &at(", field b: expected bytes of its own, found some that belong to `a`"),
        |d| {
            fields(d)[1].offset = Some(0);
        },
    );
    edited(
        a_struct(),
        &at(", field b: expected an offset, found none"),
        |d| {
            fields(d)[1].offset = None;
        },
    );
    edited(
        a_struct(),
        &at(": expected one field of each name, found `a` twice"),
        |d| {
            fields(d)[1].name = "a".to_owned();
        },
    );
    edited(
        an_enum(),
        &at(": expected one variant of each name, found `A` twice"),
        |d| {
            variants(d)[1].name = "A".to_owned();
        },
    );
    edited(
        an_enum(),
        &at(", variant B: expected a discriminant of its own, found 0"),
        |d| {
            variants(d)[1].discriminant = 0;
        },
    );
    edited(
        an_enum(),
        &at(", variant A, field 0: expected no offset: it is the compiler's, found one"),
        |d| {
            fields(d)[0].offset = Some(0);
        },
    );
    edited(
        an_enum(),
        &at(", variant A, field 0: expected at most the 8 bytes of the type, found 12 bytes"),
        |d| {
            fields(d)[0].size = 12;
        },
    );
    edited(
        an_enum(),
        &at(": expected one field of each name, found `0` twice"),
        |d| {
            fields(d).push(field("0", None));
        },
    );
}

/// The section of a module that imports this.
fn importing(symbol: &str, signature: Signature) -> Vec<u8> {
    let import = Import {
        symbols: BTreeSet::from([symbol.to_owned()]),
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
    };
    other.params = vec![param("room")];
    renamed.params = vec![param("place")];

    let section = [first(), importing("b", function().signature)].concat();
    let imports = decode(&section, "rustc").expect("a description").imports;
    let symbols: Vec<&String> = imports["f"].symbols.iter().collect();
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

    let table = Implementation {
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

    let hook = || {
        let symbol = "symbol".to_owned();
        BTreeMap::from([(world(), Hook { symbol })])
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
        "record 2: expected one migration for each type, found a second one"
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

#[test]
fn opaque_types_that_cannot_be_are_refused() {
    let opaque = |identity| {
        leaf(Name::Opaque(Opaque {
            text: "Dice".to_owned(),
            size: 4,
            align: 4,
            identity,
            whole: identity,
        }))
    };
    edited(
        a_struct(),
        "type World, field a: expected a record of which type `Dice` is, found none",
        |d| fields(d)[0].ty = opaque(None),
    );
    edited(
        a_struct(),
        "record 1, type World, field a: expected 8 bytes, aligned to 4, found 4, aligned to 4",
        |d| {
            fields(d)[0].ty = opaque(Some(1));
            fields(d)[0].size = 8;
        },
    );
    edited(
        a_struct(),
        "record 1, type World, field a: expected a type, found the opaque `Dice`, which only a \
         field can be",
        |d| {
            fields(d)[0].ty = Type {
                name: Name::Builtin(Builtin::Vec),
                args: vec![opaque(Some(1))],
            }
        },
    );

    let mut description = a_struct();
    let described = description.types.get_mut(&world()).expect("described");
    fields(described)[1].ty = opaque(Some(1));
    let section = leak::section(&description);
    assert_eq!(decode(&section, "rustc").unwrap(), description);
    let told = |place: usize, identity: u128| {
        let mut payload = Vec::new();
        payload.extend([HeadTag::Named as u8, 5, 0, 0, 0]);
        payload.extend(b"World\0\0\0\0");
        payload.extend(u32::try_from(place).unwrap().to_le_bytes());
        payload.push(0);
        payload.extend(1_u32.to_le_bytes());
        payload.extend(identity.to_le_bytes());
        let record = record(Kind::Opaque as u8, MANDATORY, &payload);
        [section.clone(), record].concat()
    };
    assert_eq!(decode(&told(1, 1), "rustc").unwrap(), description);
    assert_eq!(
        refused(&told(1, 2)),
        "record 3: expected one type under each id, found a second one for a field of `World`"
    );
    assert_eq!(
        refused(&told(0, 1)),
        "record 3: expected a field of an opaque type, found field 0 of `World`"
    );
    assert_eq!(
        refused(&told(2, 1)),
        "record 3: expected a field of an opaque type, found field 2 of `World`"
    );
}

#[test]
fn bytes_that_are_no_records_are_refused() {
    assert_eq!(
        refused(b"hello"),
        "record 1: expected the start of a record, found the bytes [68, 65, 6c, 6c]"
    );
    assert_eq!(
        refused(b"hot"),
        "record 1: expected 4 more bytes, found the end after 3"
    );
    let mut lying = record(Kind::Function as u8, MANDATORY, b"");
    lying[6] = 9;
    assert_eq!(
        refused(&lying),
        "record 1: expected 9 more bytes, found the end after 0"
    );
    assert_eq!(
        refused(&record(99, MANDATORY, b"")),
        "record 1: expected a kind of record that this version of hotmod knows, found kind 99, \
         marked as one that must be understood"
    );
    assert_eq!(
        decode(&record(99, 0, b"anything"), "rustc")
            .unwrap()
            .types
            .len(),
        0
    );
    assert_eq!(
        refused(&vec![0; (32 << 20) + 1]),
        "the section: expected at most 33554432 bytes, found 33554433 bytes"
    );
}

#[test]
fn a_pure_function_with_an_exclusive_reference_is_refused() {
    let mut function = function();
    function.signature.params.push(Param {
        name: "number".to_owned(),
        ty: Type {
            name: Name::Builtin(Builtin::RefMut),
            args: vec![number()],
        },
    });
    function.pure = Some("pure".to_owned());
    let mut description = a_struct();
    description.functions.insert("f".to_owned(), function);
    assert_eq!(
        refused(&leak::section(&description)),
        "record 2: expected a pure function without exclusive references, found \
         `fn f(number: &mut u32) -> u32`"
    );
}

#[test]
fn lengths_and_counts_that_lie_are_refused() {
    let text = |length: u32| record(Kind::Function as u8, MANDATORY, &length.to_le_bytes());
    assert_eq!(
        refused(&text(4097)),
        "record 1: expected a text of at most 4096 bytes, found 4097"
    );
    assert_eq!(
        refused(&text(4096)),
        "record 1: expected 4096 more bytes, found the end after 0"
    );
    let control = record(Kind::Function as u8, MANDATORY, &[1, 0, 0, 0, b'\n']);
    assert_eq!(
        refused(&control),
        "record 1: expected a text, found the bytes [0a]"
    );
    let broken = record(Kind::Function as u8, MANDATORY, &[1, 0, 0, 0, 0xff]);
    assert_eq!(
        refused(&broken),
        "record 1: expected a text, found the bytes [ff]"
    );

    let many = [&[Builtin::Tuple as u8][..], &4097_u32.to_le_bytes()].concat();
    assert_eq!(
        refused(&returning(&many)),
        "record 1, function f: expected at most 4096 type parameters, found 4097"
    );
    let deep = [Builtin::Box as u8, 1, 0, 0, 0].repeat(66);
    assert_eq!(
        refused(&returning(&deep)),
        "record 1, function f: expected a type of at most 64 levels, found a deeper one"
    );
    let unit = [&[Builtin::Unit as u8][..], &[0; 4]].concat();
    assert_eq!(
        refused(&ending(&[&unit[..], &[0, 7]].concat())),
        "record 1: expected the record to end, found 1 more bytes"
    );
    assert_eq!(
        refused(&ending(&[&unit[..], &[2]].concat())),
        "record 1: expected 0 or 1, found 2"
    );
    assert_eq!(
        refused(&ending(&[&unit[..], &[1, 9, 0, 0, 0, b'p']].concat())),
        "record 1: expected 9 more bytes, found the end after 1"
    );
}

#[test]
fn tags_that_nobody_writes_are_refused() {
    let vec_of_none = [&[Builtin::Vec as u8][..], &[0; 4]].concat();
    assert_eq!(
        refused(&returning(&vec_of_none)),
        "record 1, function f: expected 1 type parameters, found 0 in `Vec`"
    );
    let number = [Builtin::U8 as u8, 0, 0, 0, 0];
    let cow_of_a_number = [&[Builtin::Cow as u8, 1, 0, 0, 0][..], &number].concat();
    assert_eq!(
        refused(&returning(&cow_of_a_number)),
        "record 1, function f: expected a `Cow` of a text, a path or a slice, found `Cow<u8>`"
    );
    assert_eq!(
        refused(&returning(&[255, 0, 0, 0, 0])),
        "record 1, function f: expected a type that this version of hotmod knows, found tag 255"
    );
    let number_record = {
        let mut payload = vec![Builtin::U32 as u8, 0, 0, 0, 0];
        payload.extend([0; 32]);
        record(Kind::Type as u8, MANDATORY, &payload)
    };
    assert_eq!(
        refused(&number_record),
        "record 1, type u32: expected a type with an id, found `u32`"
    );
    // The bytes of the last field: whether it has an offset, the offset, how many attributes, whether
    // a function converts it.
    let section = leak::section(&a_struct());
    let end = section.len();
    let with = |at: usize, byte: u8| {
        let mut section = section.clone();
        section[at] = byte;
        refused(&section)
    };
    assert_eq!(
        with(end - 14, 2),
        "record 1, type World, field b: expected 0 or 1, found 2"
    );
    assert_eq!(
        with(end - 5, 2),
        "record 1, type World, field b: expected an attribute that this version of hotmod knows, \
         found tag 0"
    );
    assert_eq!(
        with(end - 1, 1),
        "record 1, type World, field b: expected 1 more bytes, found the end after 0"
    );
    assert_eq!(
        with(end - 1, 2),
        "record 1, type World, field b: expected 0 or 1, found 2"
    );
    let mut attributed = a_struct();
    let world_type = attributed.types.get_mut(&world()).expect("described");
    fields(world_type)[1].attributes = vec![Attribute::Skip];
    let mut section = leak::section(&attributed);
    let end = section.len();
    section[end - 2] = 99;
    assert_eq!(
        refused(&section),
        "record 1, type World, field b: expected an attribute that this version of hotmod knows, \
         found tag 99"
    );
}

/// A migration of `World` to this form of it, which these records describe.
fn taking_down(parts: &[Vec<u8>]) -> Vec<u8> {
    let text = |text: &str| [&[text.len() as u8, 0, 0, 0][..], text.as_bytes()].concat();
    let world = [&[HeadTag::Named as u8][..], &text("World"), &[0; 4]].concat();
    let head = [text("back"), text("symbol"), world.clone(), world].concat();
    let payload = [head, parts.concat()].concat();
    [
        leak::section(&a_struct()),
        record(Kind::Down as u8, MANDATORY, &payload),
    ]
    .concat()
}

#[test]
fn forms_that_cannot_be_made_are_refused() {
    let form = || leak::section(&a_struct());
    let down = decode(&taking_down(&[form()]), "rustc").expect("a form");
    assert_eq!(down.downs["back"].form, a_struct().types);

    let place = "record 2, migration down `back`";
    for (parts, expected) in [
        (
            vec![],
            format!("{place}: expected a form of the type `World`, found none"),
        ),
        (
            vec![form(), form()],
            format!("{place}: expected one form of each type, found a second one"),
        ),
        (
            vec![form(), record(Kind::Down as u8, MANDATORY, &[])],
            format!("{place}: expected a record of a type, found one of kind 12"),
        ),
        (
            vec![form(), vec![7; 12]],
            format!("{place}: expected the start of a record, found the bytes [07, 07, 07, 07]"),
        ),
        (
            vec![form()[..20].to_vec()],
            format!("{place}: expected 123 more bytes, found the end after 10"),
        ),
    ] {
        assert_eq!(refused(&taking_down(&parts)), expected);
    }
    let mut longer = form();
    let end = longer.len();
    longer.push(0);
    longer[6..10].copy_from_slice(&u32::try_from(end - 9).expect("small").to_le_bytes());
    assert_eq!(
        refused(&taking_down(&[longer])),
        format!("{place}, type World: expected the record to end, found 1 more bytes")
    );

    let holding = |ty: Type| {
        let mut form = a_struct();
        fields(form.types.get_mut(&world()).expect("described"))[0].ty = ty;
        leak::section(&form)
    };
    let place = "migration down `back`, type World, field a";
    assert_eq!(
        refused(&taking_down(&[holding(leaf(Name::Named(
            "Moon".to_owned()
        )))])),
        format!("{place}: expected a record of the type `Moon` that it mentions, found none")
    );
    let opaque = leaf(Name::Opaque(Opaque {
        text: "Dice".to_owned(),
        size: 4,
        align: 4,
        identity: None,
        whole: None,
    }));
    assert_eq!(
        refused(&taking_down(&[holding(opaque)])),
        format!("{place}: expected a record of which type `Dice` is, found none")
    );
    let section = [taking_down(&[form()]), taking_down(&[form()])].concat();
    assert_eq!(
        refused(&section),
        "record 4, migration down `back`: expected one migration down of each name, found a second \
         one"
    );
    let of_nothing = taking_down(&[form()]).split_off(leak::section(&a_struct()).len());
    assert_eq!(
        refused(&of_nothing),
        "a migration: expected a record of the type `World` that it mentions, found none"
    );
}

#[test]
fn so_many_migrations_down_are_refused() {
    let mut module = decode(&taking_down(&[leak::section(&a_struct())]), "rustc").expect("a form");
    let down = module.downs["back"].clone();
    let downs = |count: u32, alike: bool| {
        let one = |i: u32| {
            let mut down = down.clone();
            if !alike {
                down.to = leaf(Name::Named(format!("World{i}")));
                let form = down.form.pop_first().expect("a form").1;
                down.form.insert(down.to.clone(), form);
            }
            (format!("{i:03}"), down)
        };
        (0..count).map(one).collect::<BTreeMap<_, _>>()
    };
    module.downs = downs(17, true);
    assert_eq!(
        refused(&leak::section(&module)),
        "record 18, migration down `016`: expected at most 16 migrations down of one type to one \
         form, found more"
    );
    module.downs = downs(257, false);
    assert_eq!(
        refused(&leak::section(&module)),
        "record 258: expected at most 256 migrations down in one module, found more"
    );
    module.downs.pop_last();
    assert_eq!(
        decode(&leak::section(&module), "rustc").expect("a form"),
        module
    );
}
