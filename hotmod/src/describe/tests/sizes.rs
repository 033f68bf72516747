//! Manifests that are hostile in their sizes, and honest ones that are large.

use std::collections::BTreeMap;

use super::arbitrary::leaf;
use super::leak;
use crate::describe::decode::decode;
use crate::describe::encode::{self, Writer};
use crate::describe::fingerprint::HASHED;
use crate::describe::format::{HeadTag, MAGIC, MANDATORY, RecordKind};
use crate::describe::{
    AttributeDesc, Body, Builtin, Description, FieldDesc, FingerprintTable, Fingerprints, Form,
    Head, Hook, Init, Name, Type, TypeDesc, TypeRef, Verdict, handed_over, in_place,
};
use crate::plan::{Plan, differences};

fn named(id: String) -> TypeRef {
    TypeRef {
        head: Head::Named(leak::text(&id)),
        args: &[],
    }
}

fn a(place: usize) -> Type {
    leaf(Name::Named(format!("A{place}")))
}

fn boxed(ty: TypeRef) -> TypeRef {
    TypeRef::applied(Builtin::Box, vec![&*Box::leak(Box::new(ty))].leak())
}

fn field(name: &'static str, ty: TypeRef, offset: usize, size: usize) -> FieldDesc {
    FieldDesc {
        name,
        ty,
        size,
        align: size,
        offset: Some(offset),
        attributes: &[],
        with: None,
    }
}

fn structure(id: usize, size: usize, fields: Vec<FieldDesc>) -> TypeDesc {
    TypeDesc {
        name: named(format!("A{id}")),
        identity: std::any::TypeId::of::<()>(),
        location: "",
        size,
        align: 8,
        meaning: 0,
        attributes: &[],
        body: Body::Struct(fields.leak()),
    }
}

/// Types that each hold the next in a box, and a number; the last one holds what `last` says.
fn chain(count: usize, last: Option<usize>, number: Builtin) -> Vec<TypeDesc> {
    let link = |place| match (place + 1 < count, last) {
        (true, _) => Some(place + 1),
        (false, last) => last,
    };
    let one = |place| {
        let mut fields = Vec::new();
        if let Some(next) = link(place) {
            fields.push(field("next", boxed(named(format!("A{next}"))), 0, 8));
        }
        let ty = match place + 1 == count {
            true => number,
            false => Builtin::U32,
        };
        fields.push(field(
            "number",
            TypeRef::builtin(ty),
            8,
            if ty == Builtin::U64 { 8 } else { 4 },
        ));
        structure(place, 16, fields)
    };
    (0..count).map(one).collect()
}

fn section(types: &[TypeDesc]) -> Vec<u8> {
    let mut count = Writer::new(&mut []);
    types
        .iter()
        .for_each(|ty| encode::type_desc(&mut count, ty));
    let mut bytes = vec![0; count.written()];
    let mut writer = Writer::new(&mut bytes);
    types
        .iter()
        .for_each(|ty| encode::type_desc(&mut writer, ty));
    bytes
}

fn refusal(section: &[u8]) -> String {
    decode(section, "rustc").unwrap_err().to_string()
}

/// A module whose state is the first of these.
fn module(types: &[TypeDesc]) -> Description {
    let mut description = decode(&section(types), "rustc").unwrap_or_else(|it| panic!("{it}"));
    let symbol = "init".to_owned();
    description.inits.insert(a(0), Init { symbol });
    description
}

/// Runs this on a thread with a stack that few calls use up.
fn on_a_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    thread.spawn(run).unwrap().join().unwrap()
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
fn so_many_differences_are_told() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let types = |count: usize, ty: Builtin| {
        let held = (1..count).map(|id| (leak::text(&format!("to{id}")), id));
        let held =
            held.map(|(name, id)| field(name, boxed(named(format!("A{id}"))), 8 * (id - 1), 8));
        let mut types = vec![structure(0, 8 * (count - 1), held.collect())];
        types.extend((1..count).map(|id| {
            let numbers = names.iter().enumerate();
            let size = if ty == Builtin::U64 { 8 } else { 4 };
            let numbers =
                numbers.map(|(i, name)| field(name, TypeRef::builtin(ty), size * i, size));
            structure(id, size * names.len(), numbers.collect())
        }));
        module(&types)
    };
    let told = |count: usize| {
        let (was, now) = (types(count, Builtin::U32), types(count, Builtin::U64));
        Plan::new(&was, &now).differences
    };
    let few = told(500);
    assert_eq!(few.len(), 8 * 499);
    assert!(few.iter().all(|it| !it.rule.refuses()), "{few:#?}");
    let many = told(600);
    let last = many.last().expect("there are many").to_string();
    assert_eq!(many.len(), 4097);
    assert!(
        last.starts_with("the description: expected at most 4096 differences, found more"),
        "{last}"
    );
    assert_eq!(many.iter().filter(|it| it.rule.refuses()).count(), 1);
}

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
        let (was, now) = on_a_small_stack(move || {
            (
                module(&chain(5_000, last, Builtin::U32)),
                module(&chain(5_000, last, Builtin::U64)),
            )
        });
        let found = on_a_small_stack(move || {
            HASHED.set(0);
            let found = Plan::new(&was, &now);
            // Layout, schema and meaning, of both descriptions.
            assert_eq!(HASHED.get(), 6 * 5_000);
            assert_eq!(Plan::new(&was, &was).differences, []);
            assert_eq!(differences(&was, &was), []);
            found
        });
        assert_eq!(found.verdict(), Verdict::Migrate);
        let changed: Vec<_> = found.differences.iter().map(|it| &it.path).collect();
        assert_eq!(changed.len(), 1, "{changed:?}");
        assert!(changed[0].starts_with("A0.next.next.") && changed[0].ends_with(".number"));
        assert_eq!(found.conversions.len(), 5_000);
        assert_eq!(found.costs().len(), 10_000 + usize::from(last.is_some()));
    }
}

#[test]
fn forms_of_deep_types_are_compared_on_a_small_stack() {
    let deep = || {
        (
            module(&chain(8_000, Some(0), Builtin::U32)),
            module(&chain(8_000, Some(0), Builtin::U64)),
        )
    };
    on_a_small_stack(move || {
        let (was, now) = deep();
        assert_eq!(handed_over(&was, &was, &a(0)), Ok(()));
        assert!(handed_over(&was, &now, &a(0)).is_err());
        assert!(in_place(&was, &now, &a(0)).is_err());
    });
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

#[test]
fn forms_are_compared_until_they_lead_to_too_many_types() {
    // A state with so many fields, each of a type of one circle, and for each type a function that names the
    // form which it takes.
    let modules = |count: usize| {
        let fields = (0..count).map(|place| {
            let name = leak::text(&format!("f{place}"));
            field(name, boxed(named(format!("A{place}"))), 8 * place, 8)
        });
        let mut types = chain(count, Some(0), Builtin::U32);
        types.push(structure(count, 8 * count, fields.collect()));
        let mut was = module(&types);
        let init = was.inits.remove(&a(0)).expect("an init");
        was.inits.insert(a(count), init);
        let mut now = was.clone();
        for place in 0..count {
            let ty = a(place);
            let symbol = format!("__hotmod_migrate_crate__made_{place}");
            now.hooks.insert(
                ty.clone(),
                Hook {
                    symbol,
                    parallel: false,
                },
            );
            let form = Form {
                ty: ty.clone(),
                types: BTreeMap::from([(ty.clone(), was.types[&ty].clone())]),
            };
            now.reads.insert(ty.clone(), form);
            now.types.get_mut(&ty).expect("a type").meaning = 1;
        }
        (was, now)
    };
    let uncompared = |count: usize| {
        let (was, now) = modules(count);
        let plan = Plan::new(&was, &now);
        let differences = plan.differences.iter();
        assert_eq!(differences.clone().count(), count);
        let too_many = differences.filter(|it| it.now.contains("one of too many forms"));
        too_many
            .inspect(|it| assert!(it.help.contains("&Old<'_>"), "{it}"))
            .count()
    };
    assert_eq!(uncompared(40), 0);
    // Each leads to all of 101 types.
    assert_eq!(uncompared(100), 100 - (1 << 13) / 101);
}
