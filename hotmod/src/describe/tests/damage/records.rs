//! Bytes that are no records, and tags and lengths that no encoder writes.

use super::*;

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
    let mut lying = record(RecordKind::Function as u8, MANDATORY, b"");
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
        default: false,
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
    let text = |length: u32| record(RecordKind::Function as u8, MANDATORY, &length.to_le_bytes());
    assert_eq!(
        refused(&text(4097)),
        "record 1: expected a text of at most 4096 bytes, found 4097"
    );
    assert_eq!(
        refused(&text(4096)),
        "record 1: expected 4096 more bytes, found the end after 0"
    );
    let control = record(RecordKind::Function as u8, MANDATORY, &[1, 0, 0, 0, b'\n']);
    assert_eq!(
        refused(&control),
        "record 1: expected a text, found the bytes [0a]"
    );
    let broken = record(RecordKind::Function as u8, MANDATORY, &[1, 0, 0, 0, 0xff]);
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
        refused(&ending(&[&unit[..], SAYS_NOTHING, &[0, 7]].concat())),
        "record 1: expected the record to end, found 1 more bytes"
    );
    assert_eq!(
        refused(&ending(&[&unit[..], SAYS_NOTHING, &[2]].concat())),
        "record 1: expected 0 or 1, found 2"
    );
    assert_eq!(
        refused(&ending(
            &[&unit[..], SAYS_NOTHING, &[1, 9, 0, 0, 0, b'p']].concat()
        )),
        "record 1: expected 9 more bytes, found the end after 1"
    );
}

#[test]
fn tags_that_no_encoder_writes_are_refused() {
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
        record(RecordKind::Type as u8, MANDATORY, &payload)
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
