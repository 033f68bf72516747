//! Manifests that cannot be: each is refused before anything is compared, and nothing runs.

use std::fs;

use hotmod_host::describe::Rule;
use hotmod_host::{Refusal, RefusalStage, inspect};
use hotmod_tests::fixture::BASE;
use hotmod_tests::manifest::{record, records, rewritten, section, text, written};

use super::{ARENA, Running};

const BUILD: u8 = 1;
const TYPE: u8 = 2;
const FUNCTION: u8 = 3;
const IMPLEMENTATION: u8 = 4;

fn good() -> Vec<u8> {
    fs::read(ARENA.file(BASE)).expect("the arena")
}

/// What becomes of these bytes as an update of a running arena.
fn refused(running: &mut Running, name: &str, bytes: &[u8]) -> Result<Refusal, String> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("libarena.so");
    fs::write(&file, bytes).expect("a module");
    let refusal = match running.module.update(&file) {
        Ok(update) => return Err(format!("{name}: {update:?}")),
        Err(refusal) => refusal,
    };
    let text = refusal.to_string();
    let said = text.contains("libarena.so") && text.contains("1.1.0 keeps running");
    if !said || !text.contains("help: ") {
        return Err(format!("{name}: {text}"));
    }
    running
        .goes_on()
        .map_err(|reason| format!("{name}: {reason}"))?;
    Ok(refusal)
}

/// Every manifest is refused for one reason, which says where.
fn all_damaged(list: Vec<(String, Vec<u8>, &str)>) {
    let mut running = Running::new();
    let wrong: Vec<String> = list
        .into_iter()
        .filter_map(|(name, bytes, place)| {
            let refusal = match refused(&mut running, &name, &bytes) {
                Ok(refusal) => refusal,
                Err(reason) => return Some(reason),
            };
            let as_expected = matches!(
                refusal.differences(),
                [only] if only.rule == Rule::ManifestDamaged && only.path.contains(place)
            );
            let inspected = refusal.stage() == RefusalStage::Inspect;
            (!as_expected || !inspected).then(|| format!("{name}: {refusal}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn patched(module: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut copy = module.to_vec();
    copy[at..at + bytes.len()].copy_from_slice(bytes);
    copy
}

#[test]
fn a_manifest_that_ends_inside_a_record_is_refused() {
    let good = good();
    let (start, _) = section(&good);
    let cuts = records(&good).into_iter().flat_map(|record| {
        let middle = usize::midpoint(record.payload, record.end);
        let cuts = [record.start + 2, record.payload - 3, middle];
        // Zeros follow, so that a record whose rest is zeros is whole.
        let rest = |cut: &usize| good[*cut..record.end].iter().any(|byte| *byte != 0);
        cuts.into_iter().filter(rest).collect::<Vec<_>>()
    });
    let list = cuts.map(|cut| {
        let bytes = rewritten(&good, &good[start..cut]);
        (format!("cut at {}", cut - start), bytes, "record")
    });
    all_damaged(list.collect());
}

#[test]
fn lengths_and_counts_that_lie_are_refused() {
    let good = good();
    let mut list = Vec::new();
    for kind in [BUILD, TYPE, FUNCTION, IMPLEMENTATION] {
        let record = record(&good, kind);
        let length = u32::try_from(record.end - record.payload).expect("a length");
        for lie in [0, 1, length - 1, length + 1, length * 2, 1 << 20, u32::MAX] {
            let bytes = patched(&good, record.payload - 4, &lie.to_le_bytes());
            list.push((
                format!("record of kind {kind}, {lie} bytes"),
                bytes,
                "record",
            ));
        }
    }
    let name = text(&good, "damage");
    for lie in [0_u32, 5, 7, 4096, 4097, u32::MAX] {
        let bytes = patched(&good, name - 4, &lie.to_le_bytes());
        list.push((format!("text of {lie} bytes"), bytes, "record"));
    }
    let arguments = name + "damage".len() + 1;
    for lie in [0_u32, 1, 3, 4096, 4097, u32::MAX] {
        let bytes = patched(&good, arguments, &lie.to_le_bytes());
        list.push((format!("{lie} arguments"), bytes, "damage"));
    }
    let fields = text(&good, "depth") - 8;
    for lie in [0_u32, 2, 4097, u32::MAX] {
        let bytes = patched(&good, fields, &lie.to_le_bytes());
        list.push((format!("{lie} fields"), bytes, "Inside"));
    }
    all_damaged(list);
}

#[test]
fn what_stands_twice_is_refused() {
    let good = good();
    let all = |kind| {
        let found = records(&good).into_iter().filter(move |r| r.kind == kind);
        found.map(|record| good[record.start..record.end].to_vec())
    };
    let first = |kind| all(kind).next().expect("a record");
    let plain_function = || {
        let reset = text(&good, "reset");
        let found = records(&good)
            .into_iter()
            .find(|record| (record.start..record.end).contains(&reset))
            .expect("the record of `reset`");
        good[found.start..found.end].to_vec()
    };
    // The same type, said to be of another size.
    let mut other = first(TYPE);
    let id = {
        let length = usize::from(other[11]);
        10 + 1 + 4 + length + 4
    };
    other[id + 8 + 8] ^= 1;

    let list = [
        ("a build", vec![first(BUILD), first(BUILD)], "build"),
        (
            "a function",
            vec![first(BUILD), plain_function(), plain_function()],
            "record 3",
        ),
        (
            "an implementation",
            vec![first(BUILD), first(IMPLEMENTATION), first(IMPLEMENTATION)],
            "Arena",
        ),
        (
            "a type under one id",
            vec![first(BUILD), first(TYPE), other],
            "record 3",
        ),
    ];
    all_damaged(
        list.into_iter()
            .map(|(name, records, place)| {
                let bytes = rewritten(&good, &records.concat());
                (format!("{name} twice"), bytes, place)
            })
            .collect(),
    );
}

#[test]
fn what_no_compiler_writes_is_refused() {
    let good = good();
    let build = record(&good, BUILD);
    let build = &good[build.start..build.end];
    let number = |value: u64| value.to_le_bytes().to_vec();
    let count = |value: u32| value.to_le_bytes().to_vec();
    let text = |text: &str| {
        let length = u32::try_from(text.len()).expect("a length");
        [length.to_le_bytes().to_vec(), text.as_bytes().to_vec()].concat()
    };
    let named = |id: &str| [vec![202], text(id), count(0)].concat();
    let u32_type = || [vec![6], count(0)].concat();
    let field = |name: &str, size, align, offset| {
        [
            text(name),
            u32_type(),
            number(size),
            number(align),
            vec![1],
            number(offset),
            count(0),
            vec![0],
        ]
        .concat()
    };
    let head = |id: &str, size, align| {
        [named(id), number(size), number(align), count(0), count(0)].concat()
    };
    let structure = |size, align, fields: Vec<Vec<u8>>| {
        let many = count(u32::try_from(fields.len()).expect("a count"));
        [head("Odd", size, align), vec![1], many, fields.concat()].concat()
    };
    let variant = |name: &str, discriminant: i128| {
        let value = discriminant.to_le_bytes().to_vec();
        [text(name), value, count(0), count(0)].concat()
    };
    let enumeration = |variants: Vec<Vec<u8>>| {
        let many = count(u32::try_from(variants.len()).expect("a count"));
        [head("Odd", 1, 1), vec![2, 0], many, variants.concat()].concat()
    };
    // The last byte: not pure.
    let function = |output: Vec<u8>| {
        let receiver_and_params = [vec![0], count(0)].concat();
        [
            text("symbol"),
            text("crossing"),
            text("odd"),
            receiver_and_params,
            output,
            // Not optional, no parameter that is gone, not pure.
            vec![0; 6],
        ]
        .concat()
    };
    let deep = [[vec![29], count(1)].concat().repeat(80), u32_type()].concat();

    let list: Vec<(&str, u8, Vec<u8>, &str)> = vec![
        (
            "an alignment of three",
            TYPE,
            structure(3, 3, vec![]),
            "Odd",
        ),
        (
            "an alignment of nought",
            TYPE,
            structure(4, 0, vec![]),
            "Odd",
        ),
        (
            "a size between alignments",
            TYPE,
            structure(6, 4, vec![]),
            "Odd",
        ),
        (
            "a field outside",
            TYPE,
            structure(4, 4, vec![field("a", 4, 4, 4)]),
            "field a",
        ),
        (
            "a field at the end of memory",
            TYPE,
            structure(4, 4, vec![field("a", 4, 4, u64::MAX - 3)]),
            "field a",
        ),
        (
            "a field that is not aligned",
            TYPE,
            structure(8, 4, vec![field("a", 4, 4, 2)]),
            "field a",
        ),
        (
            "fields that share bytes",
            TYPE,
            structure(8, 4, vec![field("a", 4, 4, 0), field("b", 4, 4, 0)]),
            "field b",
        ),
        (
            "two fields of one name",
            TYPE,
            structure(8, 4, vec![field("a", 4, 4, 0), field("a", 4, 4, 4)]),
            "Odd",
        ),
        (
            "two variants of one name",
            TYPE,
            enumeration(vec![variant("A", 0), variant("A", 1)]),
            "Odd",
        ),
        (
            "two variants of one discriminant",
            TYPE,
            enumeration(vec![variant("A", 0), variant("B", 0)]),
            "variant B",
        ),
        (
            "neither a struct nor an enum",
            TYPE,
            [head("Odd", 1, 1), vec![3]].concat(),
            "Odd",
        ),
        (
            "a type without an id",
            TYPE,
            [u32_type(), vec![0; 24]].concat(),
            "record 2",
        ),
        (
            "a type of no kind",
            FUNCTION,
            function([vec![199], count(0)].concat()),
            "odd",
        ),
        (
            "a list of two types",
            FUNCTION,
            function([vec![29], count(2), u32_type(), u32_type()].concat()),
            "odd",
        ),
        ("a type too deep", FUNCTION, function(deep), "odd"),
        (
            "a type that is not described",
            FUNCTION,
            function(named("Gone")),
            "odd",
        ),
        (
            "a receiver of no kind",
            FUNCTION,
            [
                text("symbol"),
                text("crossing"),
                text("odd"),
                vec![9],
                count(0),
                u32_type(),
            ]
            .concat(),
            "odd",
        ),
        (
            "a name that is no text",
            FUNCTION,
            [
                text("symbol"),
                text("crossing"),
                count(2),
                vec![0xff, 0xfe],
                vec![0; 12],
            ]
            .concat(),
            "record 2",
        ),
        (
            "a name that moves the cursor",
            FUNCTION,
            [
                text("symbol"),
                text("crossing"),
                text("\u{1b}[2J"),
                vec![0; 12],
            ]
            .concat(),
            "record 2",
        ),
        (
            "more than a record needs",
            FUNCTION,
            [function(u32_type()), vec![0]].concat(),
            "record 2",
        ),
        ("a kind that must be understood", 99, Vec::new(), "record 2"),
    ];
    all_damaged(
        list.into_iter()
            .map(|(name, kind, payload, place)| {
                let manifest = [build.to_vec(), written(kind, &payload)].concat();
                (name.to_owned(), rewritten(&good, &manifest), place)
            })
            .collect(),
    );
}

/// What a newer hotmod adds may be left out where it says so itself.
#[test]
fn a_record_that_may_be_skipped_is_skipped() {
    let good = good();
    let reset = text(&good, "reset");
    let record = records(&good)
        .into_iter()
        .find(|record| (record.start..record.end).contains(&reset))
        .expect("the record of `reset`");
    let skipped = patched(&good, record.start + 4, &[99, 0]);
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("libarena.so");
    fs::write(&file, skipped).expect("a module");
    let inspected = inspect(&file).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(!inspected.manifest().functions.contains_key("reset"));
    assert!(inspected.manifest().functions.contains_key("damage"));
}

/// A manifest without a build is none, and one that names what the file lacks is refused for that.
#[test]
fn a_manifest_that_is_none_is_refused() {
    let good = good();
    let mut running = Running::new();
    let kinds = |refusal: &Refusal| {
        let rules = refusal.differences().iter().map(|d| d.rule);
        rules.collect::<Vec<_>>()
    };
    let build = record(&good, BUILD);
    let build = good[build.start..build.end].to_vec();
    let mut skippable = written(99, &[]);
    skippable[5] = 0;
    let symbol = text(&good, "__hotmod_fn_arena_reset");
    let other_abi = hotmod::root::ABI + 1;
    for (name, bytes, rule) in [
        ("nothing", rewritten(&good, &[]), Rule::NotAModule),
        (
            "a build of another ABI",
            patched(
                &good,
                record(&good, BUILD).payload,
                &other_abi.to_le_bytes(),
            ),
            Rule::AbiDiffers,
        ),
        ("no build", rewritten(&good, &skippable), Rule::NotAModule),
        (
            "a symbol that is not there",
            patched(&good, symbol, b"__hotmod_fn_arena_RESET"),
            Rule::SymbolMissing,
        ),
        ("no exports", rewritten(&good, &build), Rule::ExportRemoved),
    ] {
        let refusal = refused(&mut running, name, &bytes).unwrap_or_else(|reason| {
            panic!("{reason}");
        });
        assert!(kinds(&refusal).contains(&rule), "{name}: {refusal}");
    }
}
