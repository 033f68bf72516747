//! Modules whose descriptions are as large as a file can make them: refused with the limit that they
//! exceed, or worked with, whatever stack there is.

use std::fs;
use std::path::{Path, PathBuf};

use hotmod::describe::format::{MAGIC, MANDATORY};
use hotmod_host::describe::{Builtin, Rule, Type, Verdict};
use hotmod_host::{Comparison, Host, Refusal, inspect};
use hotmod_tests::fixture::{BASE, Family};

const NAMED: u8 = 202;

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
}

fn ty(tag: u8, name: Option<&str>, args: &[Vec<u8>]) -> Vec<u8> {
    let name = name.map(text).unwrap_or_default();
    let count = (args.len() as u32).to_le_bytes();
    [vec![tag], name, count.to_vec(), args.concat()].concat()
}

fn named(place: usize) -> Vec<u8> {
    ty(NAMED, Some(&format!("A{place}")), &[])
}

fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_le_bytes();
    [&MAGIC[..], &[kind, MANDATORY], &length, payload].concat()
}

/// A type with these fields, of eight bytes each, and so many attributes.
fn structure(place: usize, fields: &[(&str, Vec<u8>)], attributes: u32) -> Vec<u8> {
    let mut payload = named(place);
    payload.extend((8 * fields.len() as u64).to_le_bytes());
    payload.extend(8_u64.to_le_bytes());
    payload.extend(0_u32.to_le_bytes());
    payload.extend(attributes.to_le_bytes());
    payload.resize(payload.len() + attributes as usize, 1);
    payload.push(1);
    payload.extend((fields.len() as u32).to_le_bytes());
    for (i, (name, ty)) in fields.iter().enumerate() {
        payload.extend(text(name));
        payload.extend(ty);
        payload.extend(8_u64.to_le_bytes());
        payload.extend(8_u64.to_le_bytes());
        payload.push(1);
        payload.extend((8 * i as u64).to_le_bytes());
        payload.extend([0; 5]);
    }
    record(2, &payload)
}

/// Types each of which holds the next, and the last a number; the first is a state.
fn chain(count: usize, number: Builtin) -> Vec<u8> {
    let boxed = |place| ty(Builtin::Box as u8, None, &[named(place)]);
    let number = ty(number as u8, None, &[]);
    let mut records = record(5, &[text("hotmod_test_init"), named(0)].concat());
    for place in 0..count {
        let next = match place + 1 == count {
            true => ("number", number.clone()),
            false => ("next", boxed(place + 1)),
        };
        records.extend(structure(place, &[next], 0));
    }
    records
}

/// A module with these records beside its own.
fn module(name: &'static str, version: &str, records: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fixtures/records");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.canonicalize().expect("a folder").join(name);
    if fs::read(&file).ok().as_deref() != Some(records) {
        fs::write(&file, records).expect("the records");
    }
    let length = records.len();
    let source = format!(
        r#"
        hotmod::module! {{ name: "large", version: "{version}" }}

        #[used]
        #[unsafe(link_section = ".hotmod")]
        static RECORDS: [u8; {length}] = *include_bytes!({file:?});

        #[unsafe(no_mangle)]
        pub extern "C" fn hotmod_test_init() {{}}

        #[hotmod::export]
        pub fn one() -> u32 {{
            1
        }}
        "#
    );
    Family::written(name, source).build().file(BASE)
}

fn refused(file: &Path) -> String {
    let refusal: Refusal = inspect(file).expect_err("it is too large");
    let rules: Vec<Rule> = refusal.differences().iter().map(|it| it.rule).collect();
    assert_eq!(rules, [Rule::ManifestDamaged]);
    refusal.to_string()
}

/// Runs on a stack as small as those of a server's threads may be.
fn on_a_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(512 << 10);
    thread
        .spawn(run)
        .expect("a thread")
        .join()
        .expect("no panic")
}

#[test]
fn a_description_beyond_a_limit_is_refused_with_the_limit() {
    let many = module("sizes-many", "1.0.0", &chain(100_000, Builtin::U32));
    let text = on_a_small_stack(move || refused(&many));
    assert!(text.contains("at most 32768 described types"), "{text}");

    let deep = module("sizes-deep", "1.0.0", &chain(20_000, Builtin::U32));
    let text = on_a_small_stack(move || refused(&deep));
    assert!(text.contains("at most 8192 lead on"), "{text}");
    assert!(text.contains("found one from which 20000 do"), "{text}");

    let records = |count: usize| (0..count).map(|place| structure(place, &[], 4096));
    let records: Vec<u8> = records(7_000).flatten().collect();
    assert!(records.len() > 27 << 20);
    let large = module("sizes-attributes", "1.0.0", &records);
    let text = refused(&large);
    assert!(text.contains("at most 131072 attributes"), "{text}");
}

#[test]
fn types_within_the_limit_are_loaded_planned_and_updated_on_a_small_stack() {
    let was = module("sizes-was", "1.0.0", &chain(8_000, Builtin::U32));
    let now = module("sizes-now", "1.1.0", &chain(8_000, Builtin::U64));
    on_a_small_stack(move || {
        let (old, new) = (inspect(&was), inspect(&now));
        let old = old.unwrap_or_else(|refusal| panic!("{refusal}"));
        let new = new.unwrap_or_else(|refusal| panic!("{refusal}"));
        let first: &Type = old.manifest().states().next().expect("a state");
        assert_eq!(first.to_string(), "A0");
        let found = Comparison::new(&old, &new).update();
        assert_eq!(Verdict::of(&found), Verdict::Migrate, "{found:?}");
        let host = Host::builder().build().expect("a host");
        let module = host.load_untyped(&was);
        let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
        let update = module.update(&now);
        let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(update.verdict, Verdict::Migrate);
        module
            .rollback()
            .unwrap_or_else(|refusal| panic!("{refusal}"));
    });
}
