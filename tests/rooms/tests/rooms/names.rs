//! The names of types that are given more than once within a crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Ident, Item, Type};

/// The idiom's own name, for a trait that others cannot implement: each stands beside what it seals.
const SEALED: &str = "Sealed";

/// Each name of a type or trait that two places below this directory give, with the files.
pub(crate) fn repeated(src: &Path) -> Vec<String> {
    let mut names = Names::default();
    names.read(src, "");
    names.repeated()
}

/// The names of types and traits, with the file of each.
#[derive(Default)]
struct Names {
    given: BTreeMap<String, Vec<String>>,
    file: String,
}

impl Names {
    fn read(&mut self, folder: &Path, below: &str) {
        let entries = fs::read_dir(folder).expect("the sources can be read");
        for entry in entries {
            let path = entry.expect("the sources can be read").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            if path.is_dir() && name != "tests" {
                self.read(&path, &format!("{below}{name}/"));
            } else if name.ends_with(".rs") && name != "tests.rs" {
                let source = fs::read_to_string(&path).expect("the sources can be read");
                self.add(&format!("{below}{name}"), &source);
            }
        }
    }

    fn add(&mut self, file: &str, source: &str) {
        self.file = file.to_owned();
        self.visit_file(&syn::parse_file(source).expect("the sources compile"));
    }

    fn give(&mut self, name: &Ident) {
        if name != SEALED {
            let files = self.given.entry(name.to_string()).or_default();
            files.push(self.file.clone());
        }
    }

    fn repeated(&self) -> Vec<String> {
        let repeated = self.given.iter().filter(|(_, files)| files.len() > 1);
        repeated
            .map(|(name, files)| format!("{name}: {}", files.join(", ")))
            .collect()
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Mod(module) if is_for_tests(&module.attrs) => return,
            Item::Struct(item) => self.give(&item.ident),
            Item::Enum(item) => self.give(&item.ident),
            Item::Union(item) => self.give(&item.ident),
            Item::Trait(item) => self.give(&item.ident),
            // What narrows a type may have that type's name.
            Item::Type(item) if !names(&item.ty, &item.ident) => self.give(&item.ident),
            _ => {}
        }
        visit::visit_item(self, item);
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    let is_test = |it: &Attribute| {
        it.path().is_ident("cfg")
            && it
                .parse_args::<Ident>()
                .is_ok_and(|condition| condition == "test")
    };
    attributes.iter().any(is_test)
}

/// Whether a type is the one of this name, wherever that stands.
fn names(ty: &Type, name: &Ident) -> bool {
    match ty {
        Type::Path(ty) => ty.path.segments.last().is_some_and(|it| it.ident == *name),
        _ => false,
    }
}

#[test]
fn a_name_that_is_given_twice_is_found_wherever_it_is_given() {
    let mut names = Names::default();
    names.add(
        "high.rs",
        "struct Key; type Low = low::Low<u8>; mod sealed { trait Sealed {} }",
    );
    names.add(
        "low.rs",
        "pub struct Low<T>(T); fn f() { enum Key {} } mod sealed { trait Sealed {} }",
    );
    names.add(
        "last.rs",
        "trait Door {} #[cfg(test)] mod tests { struct Key; type Door = u8; }",
    );
    assert_eq!(names.repeated(), ["Key: high.rs, low.rs"]);
}
