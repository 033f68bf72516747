//! What a file, its name and its code say is shown, and a terminal does not act on it.

use std::fmt::Display;
use std::fs;
use std::path::PathBuf;

use hotmod::printed::is_hidden;
use hotmod_host::{Host, Refusal, inspect};
use hotmod_tests::damage::section;
use hotmod_tests::fixture::{BASE, Family};

/// What must not reach a terminal: it clears the screen, goes back, reorders and hides.
const HOSTILE: &str = "a\u{1b}[2J\rb\u{202e}c\u{200b}d\u{9b}1me";

const SOURCE: &str = r#"
use hotmod::StableState;

hotmod::module! { name: "printed-here", version: "1.0.0" }

#[derive(StableState)]
#[state(id = "Named-here")]
pub struct World {
    count: u32,
}

#[hotmod::interface]
pub trait Count {
    fn count(&mut self) -> u32;
}

#[hotmod::init]
fn world(config: &str) -> Result<World, String> {
    match config {
        "" => Ok(World { count: 0 }),
        text => Err(text.to_owned()),
    }
}

#[hotmod::export]
impl Count for World {
    fn count(&mut self) -> u32 {
        self.count += 1;
        self.count
    }
}

#[hotmod::export]
pub fn fail(text: &str) -> u32 {
    panic!("{text}")
}
"#;

/// The interface as the module has it.
#[hotmod::interface]
pub trait Count {
    /// One more.
    fn count(&mut self) -> u32;
}

fn module() -> PathBuf {
    Family::written("printed", SOURCE.to_owned())
        .build()
        .file(BASE)
}

fn plain(text: &dyn Display) -> String {
    let text = text.to_string();
    let hidden = text.chars().find(|it| *it != '\n' && is_hidden(*it));
    assert_eq!(hidden, None, "{text:?}");
    text
}

fn all_plain(refusal: &Refusal) -> String {
    refusal.differences().iter().for_each(|it| drop(plain(it)));
    plain(&format!("{refusal:?}"));
    plain(refusal)
}

#[test]
fn names_of_files_are_escaped() {
    let folder = tempfile::tempdir().expect("a directory");
    // Line breaks too: what follows would look like another message.
    let file = folder.path().join(format!("{HOSTILE}\nerror: forged"));
    for content in [&b""[..], b"text", b"\x7fELF"] {
        fs::write(&file, content).expect("a file");
        let said = all_plain(&inspect(&file).expect_err("no module"));
        assert!(
            said.contains("a\\u{1b}[2J\\rb\\u{202e}c\\u{200b}d\\u{9b}1me"),
            "{said}"
        );
        assert!(said.contains("\\nerror: forged"), "{said}");
    }
    fs::copy(module(), &file).expect("a module");
    let host = Host::builder()
        .module_dir(file.join("none"))
        .build()
        .expect_err("no directory");
    plain(&host);
    let host = Host::builder().build().expect("a host");
    let loaded = host.load_untyped(&file).expect("a module");
    let again = host.load_untyped(&file).expect_err("loaded already");
    all_plain(&again);
    let events = host.events();
    fs::write(&file, "text").expect("a file");
    all_plain(&loaded.update(&file).expect_err("no module"));
    let told = events
        .try_next()
        .into_iter()
        .chain(std::iter::from_fn(|| events.try_next()));
    let told: Vec<String> = told.map(|event| plain(&event)).collect();
    assert!(told.iter().any(|it| it.contains("forged")), "{told:?}");
}

/// With marks that a manifest can hold; it cannot hold control characters.
#[test]
fn texts_of_a_manifest_are_escaped() {
    let mut bytes = fs::read(module()).expect("a module");
    let manifest = section(&bytes, ".hotmod");
    for said in ["printed-here", "Named-here"] {
        let mark = "\u{202e}".as_bytes();
        let places = bytes[manifest.clone()].windows(said.len()).enumerate();
        let places: Vec<usize> = places
            .filter(|(_, text)| *text == said.as_bytes())
            .map(|(place, _)| manifest.start + place)
            .collect();
        assert!(!places.is_empty(), "{said}");
        for at in places {
            bytes[at..at + mark.len()].copy_from_slice(mark);
        }
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), &bytes).expect("a module");
    let inspected = inspect(file.path()).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(inspected.build().module.starts_with('\u{202e}'));
    for ty in inspected.manifest().types.keys() {
        assert!(plain(ty).starts_with("\\u{202e}"));
    }
    let host = Host::builder().build().expect("a host");
    let loaded = host.load_untyped(file.path()).expect("a module");
    let refusal = loaded.update(module()).expect_err("another module");
    let said = all_plain(&refusal);
    assert!(said.contains("\\u{202e}nted-here"), "{said}");
}

#[test]
fn what_code_says_is_escaped() {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Count>(module());
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let fail = module
        .function::<fn(&str) -> u32>("fail")
        .expect("the export");
    let said = plain(&fail.call(HOSTILE).expect_err("a panic"));
    assert!(said.contains("a\\u{1b}[2J\\rb"), "{said}");
    let Err(failed) = module.create(HOSTILE) else {
        panic!("an instance of what cannot be made");
    };
    let said = plain(&failed);
    assert!(said.contains("a\\u{1b}[2J\\rb"), "{said}");
}
