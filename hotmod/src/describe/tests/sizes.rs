//! Manifests that are hostile in their sizes, and honest ones that are large.

use super::chains::{a, boxed, chain, field, module, named, on_a_small_stack, section, structure};
use super::leak;
use crate::describe::decode::decode;
use crate::describe::fingerprint::HASHED;
use crate::describe::format::{HeadTag, MAGIC, MANDATORY, RecordKind};
use crate::describe::{
    AttributeDesc, Builtin, FieldDesc, FingerprintTable, Fingerprints, Head, TypeDesc, TypeRef,
};

fn refusal(section: &[u8]) -> String {
    decode(section, "rustc").unwrap_err().to_string()
}

/// A record with this payload.
fn record(kind: RecordKind, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_le_bytes();
    [&MAGIC[..], &[kind as u8, MANDATORY], &length, payload].concat()
}

#[test]
fn more_types_than_a_module_has_are_refused() {
    let found = refusal(&section(&chain(100_000, None, Builtin::U32)));
    let expected = "record 32769: expected at most 32768 described types in one module, found more";
    assert_eq!(found, expected);
}

#[test]
fn types_that_lead_on_without_end_are_refused() {
    let expected = "expected a type from which at most 8192 lead on, each to the next, found one \
                    from which 20000 do";
    for last in [None, Some(0), Some(19_000)] {
        let chain = chain(20_000, last, Builtin::U32);
        let found = on_a_small_stack(move || refusal(&section(&chain)));
        assert!(found.ends_with(expected), "{found}");
    }
    // Many ways between types are allowed: here each type leads to the next eight.
    let wide = (0..9_000_usize).map(|place| {
        let next = (place + 1..9_000).take(8);
        let fields = next.enumerate().map(|(i, next)| {
            let name = leak::text(&format!("f{i}"));
            field(name, boxed(named(format!("A{next}"))), 8 * i, 8)
        });
        structure(place, 64, fields.collect())
    });
    let found = refusal(&section(&wide.collect::<Vec<_>>()));
    assert!(found.ends_with("from which 9000 do"), "{found}");
}

#[test]
fn more_attributes_than_a_module_has_are_refused() {
    let attributes: &'static [AttributeDesc] = vec![AttributeDesc::Default; 4096].leak();
    let types: Vec<TypeDesc> = (0..40)
        .map(|place| TypeDesc {
            attributes,
            ..structure(place, 0, Vec::new())
        })
        .collect();
    let found = refusal(&section(&types));
    let expected = "expected at most 131072 attributes in one module, found more";
    assert!(found.ends_with(expected), "{found}");
}

#[test]
fn more_fields_than_a_module_has_are_refused() {
    let names: Vec<&str> = (0..4096).map(|i| leak::text(&format!("f{i}"))).collect();
    let fields: Vec<FieldDesc> = names
        .iter()
        .map(|name| field(name, TypeRef::builtin(Builtin::Unit), 0, 0))
        .map(|field| FieldDesc { align: 1, ..field })
        .collect();
    let types: Vec<TypeDesc> = (0..65)
        .map(|place| structure(place, 0, fields.clone()))
        .collect();
    let found = refusal(&section(&types));
    let expected = "expected at most 262144 fields in one module, found more";
    assert!(found.ends_with(expected), "{found}");
}

#[test]
fn one_expression_mentions_so_many_types() {
    let unit: &'static TypeRef = Box::leak(Box::new(TypeRef::builtin(Builtin::Unit)));
    let of = |count| TypeRef {
        head: Head::Named("Wide"),
        args: vec![unit; count].leak(),
    };
    let with = |ty| section(&[structure(0, 8, vec![field("f", ty, 0, 8)])]);
    let found = refusal(&with(of(1024)));
    let expected = "expected a type that mentions at most 1024 types, found one that mentions more";
    assert!(found.ends_with(expected), "{found}");
    // The type is not described, but its expression is not too large.
    assert!(refusal(&with(of(1023))).contains("a record of the type"));

    let long: &'static TypeRef = Box::leak(Box::new(named("x".repeat(4000))));
    let names = TypeRef::applied(Builtin::Tuple, vec![long; 5].leak());
    let found = refusal(&with(names));
    let expected = "expected a type of at most 16384 bytes of names, found a longer one";
    assert!(found.ends_with(expected), "{found}");
}

#[test]
fn so_many_records_are_read() {
    let text = |text: &str| [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat();
    let interfaces: Vec<u8> = (0..1025)
        .flat_map(|i| {
            let mut state = vec![0; 0];
            state.extend(text("symbol"));
            state.extend([HeadTag::Named as u8]);
            state.extend(text("A0"));
            state.extend([0; 4]);
            state.extend(text(&format!("I{i}")));
            state.extend([0; 5]);
            record(RecordKind::Implementation, &state)
        })
        .collect();
    let found = refusal(&interfaces);
    assert!(
        found.ends_with("expected at most 1024 interfaces in one module, found more"),
        "{found}"
    );
    // A function with more parameters than it can have.
    let function = |count: u32| {
        let mut payload = [text("symbol"), text("crossing"), text("f"), vec![0]].concat();
        payload.extend(count.to_le_bytes());
        record(RecordKind::Function, &payload)
    };
    let found = refusal(&function(256));
    assert!(
        found.ends_with("expected at most 255 parameters, found 256"),
        "{found}"
    );
    assert!(!refusal(&function(255)).contains("at most"));
    // Unknown records that may be skipped count, too.
    let unknown = [&MAGIC[..], &[250, 0], &[0; 4]]
        .concat()
        .repeat((1 << 18) + 1);
    let found = refusal(&unknown);
    assert!(
        found.ends_with("expected at most 262144 records in one module, found more"),
        "{found}"
    );
}

/// A generic type is described wherever it is mentioned.
#[test]
fn what_is_described_again_does_not_count_again() {
    let one = section(&chain(10, None, Builtin::U32));
    let many = one.repeat(4_000);
    let description = decode(&many, "rustc").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(description.types.len(), 10);
}

#[test]
fn five_thousand_types_are_hashed_once_each() {
    for last in [None, Some(0), Some(2_500)] {
        on_a_small_stack(move || {
            let module = module(&chain(5_000, last, Builtin::U32));
            HASHED.set(0);
            FingerprintTable::new(&module);
            // Layout, schema and meaning.
            assert_eq!(HASHED.get(), 3 * 5_000);
        });
    }
}

#[test]
fn what_holds_each_other_has_one_fingerprint_from_wherever_it_is_seen() {
    let circle = module(&chain(50, Some(0), Builtin::U32));
    let table = FingerprintTable::new(&circle);
    let mut seen = Vec::new();
    for place in 0..50 {
        assert_eq!(Fingerprints::of(&circle, &a(place)), table.of(&a(place)));
        seen.push(table.of(&a(place)).layout);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 50, "two of a circle have one fingerprint");
    // A change anywhere in a circle changes every type in it.
    let changed = FingerprintTable::new(&module(&chain(50, Some(0), Builtin::U64)));
    let cut = FingerprintTable::new(&module(&chain(50, Some(1), Builtin::U32)));
    for place in 0..50 {
        assert_ne!(changed.of(&a(place)).layout, table.of(&a(place)).layout);
        assert_ne!(cut.of(&a(place)).schema, table.of(&a(place)).schema);
        assert_eq!(changed.of(&a(place)).meaning, {
            let again = FingerprintTable::new(&module(&chain(50, Some(0), Builtin::U64)));
            again.of(&a(place)).meaning
        });
    }
}
