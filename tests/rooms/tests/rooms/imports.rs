//! What the files of a crate import from each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;

/// A module that is a file, by the names from the root down to it; the root has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Module(Vec<String>);

impl Module {
    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The file, below `src`.
    pub(crate) fn file(&self) -> String {
        match self.is_root() {
            true => "lib.rs".to_owned(),
            false => format!("{}.rs", self.0.join("/")),
        }
    }

    /// The room that it is in: its first name below the root.
    pub(crate) fn room(&self) -> String {
        match self.0.first() {
            Some(room) => room.clone(),
            None => "the root".to_owned(),
        }
    }
}

/// The files of one crate.
pub(crate) struct Files {
    imports: BTreeSet<(Module, Module)>,
    /// Each file with the first name of each path that leads elsewhere.
    foreign: BTreeSet<(Module, String)>,
}

impl Files {
    /// Reads the files below this directory.
    pub(crate) fn read(src: &Path) -> Self {
        let mut sources = Vec::new();
        collect(src, "", &mut sources);
        let sources: Vec<(&str, &str)> = sources
            .iter()
            .map(|(name, source)| (name.as_str(), source.as_str()))
            .collect();
        Files::of(&sources)
    }

    pub(crate) fn of(sources: &[(&str, &str)]) -> Self {
        let sources = sources.iter().filter_map(|(name, source)| {
            let name = name.strip_suffix(".rs")?;
            let path: Vec<String> = match name {
                "lib" | "main" => Vec::new(),
                name => name.split('/').map(str::to_owned).collect(),
            };
            // What only tests import does not count.
            let is_test = path.iter().any(|part| part == "tests");
            (!is_test).then_some((Module(path), *source))
        });
        let sources: BTreeMap<Module, &str> = sources.collect();
        let modules: BTreeSet<Module> = sources.keys().cloned().collect();
        let mut imports = BTreeSet::new();
        let mut foreign = BTreeSet::new();
        for (module, source) in &sources {
            let parsed = syn::parse_file(source);
            let parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}", module.file()));
            let mut reader = Reader {
                modules: &modules,
                inside: module.0.clone(),
                found: BTreeSet::new(),
                foreign: BTreeSet::new(),
            };
            reader.visit_file(&parsed);
            foreign.extend(reader.foreign.into_iter().map(|to| (module.clone(), to)));
            let found = reader.found.into_iter().filter(|to| to != module);
            imports.extend(found.map(|to| (module.clone(), to)));
        }
        Files { imports, foreign }
    }

    /// Each import: the file that imports, and the file that it imports from.
    pub(crate) fn imports(&self) -> impl Iterator<Item = &(Module, Module)> {
        self.imports.iter()
    }

    /// The files with a path that begins with one of these crates.
    pub(crate) fn using<'a>(
        &'a self,
        crates: &'a [&str],
    ) -> impl Iterator<Item = &'a (Module, String)> {
        let foreign = self.foreign.iter();
        foreign.filter(|(_, to)| crates.contains(&to.as_str()))
    }

    /// The imports between groups of files.
    pub(crate) fn arrows(
        &self,
        group: impl Fn(&Module) -> String,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in &self.imports {
            let (from, to) = (group(from), group(to));
            if from != to {
                arrows.entry(from).or_default().insert(to);
            }
        }
        arrows
    }
}

fn collect(directory: &Path, below: &str, sources: &mut Vec<(String, String)>) {
    let entries = fs::read_dir(directory).expect("a crate has sources");
    for entry in entries {
        let path = entry.expect("a directory that can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{below}{name}");
        match path.is_dir() {
            true => collect(&path, &format!("{name}/"), sources),
            false => sources.push((name, fs::read_to_string(&path).expect("a source file"))),
        }
    }
}

struct Reader<'a> {
    modules: &'a BTreeSet<Module>,
    /// The module that is being read: the file's, or one that is written out in it.
    inside: Vec<String>,
    found: BTreeSet<Module>,
    foreign: BTreeSet<String>,
}

impl Reader<'_> {
    /// Notes which file a path leads to, if it leads to one of this crate.
    fn note(&mut self, path: &[String]) {
        let mut at = self.inside.clone();
        let mut names = path.iter().peekable();
        match names.peek().map(|name| name.as_str()) {
            Some("crate") => {
                at.clear();
                names.next();
            }
            Some("self" | "super") => {}
            // A child of the module by its bare name; anything else is of another crate, or was imported.
            Some(name) if self.is_module(&at, name) => {}
            Some(name) => {
                self.foreign.insert(name.to_owned());
                return;
            }
            None => return,
        }
        for name in names {
            match name.as_str() {
                "self" => {}
                "super" => {
                    at.pop();
                }
                name if self.is_module(&at, name) => at.push(name.to_owned()),
                // An item.
                _ => break,
            }
        }
        // A module that is written out in a file is of that file.
        while !self.modules.contains(&Module(at.clone())) {
            at.pop();
        }
        self.found.insert(Module(at));
    }

    fn is_module(&self, at: &[String], name: &str) -> bool {
        let mut path = at.to_owned();
        path.push(name.to_owned());
        self.modules.contains(&Module(path))
    }

    fn note_tree(&mut self, before: &[String], tree: &syn::UseTree) {
        let mut path = before.to_owned();
        match tree {
            syn::UseTree::Path(next) => {
                path.push(next.ident.to_string());
                self.note_tree(&path, &next.tree);
            }
            syn::UseTree::Name(last) => {
                path.push(last.ident.to_string());
                self.note(&path);
            }
            syn::UseTree::Rename(last) => {
                path.push(last.ident.to_string());
                self.note(&path);
            }
            syn::UseTree::Glob(_) => self.note(&path),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|it| self.note_tree(before, it));
            }
        }
    }

    /// Paths in what a macro is given, or written with, which is not parsed.
    fn note_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(name) if colons == 2 => path.push(name.to_string()),
                other => {
                    self.note_written(&path);
                    path.clear();
                    match other {
                        TokenTree::Ident(name) => path.push(name.to_string()),
                        TokenTree::Group(group) => self.note_tokens(group.stream()),
                        _ => {}
                    }
                }
            }
            colons = 0;
        }
        self.note_written(&path);
    }

    /// A path of at least two names.
    fn note_written(&mut self, path: &[String]) {
        if path.len() > 1 {
            self.note(path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_test(&item.attrs) {
            self.note_tree(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|it| it.ident.to_string());
        self.note_written(&names.collect::<Vec<_>>());
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, written: &'ast syn::Macro) {
        self.note_tokens(written.tokens.clone());
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if is_test(&item.attrs) {
            return;
        }
        self.inside.push(item.ident.to_string());
        syn::visit::visit_item_mod(self, item);
        self.inside.pop();
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test(&item.attrs) {
            syn::visit::visit_item_fn(self, item);
        }
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    let mut attributes = attributes.iter();
    attributes.any(|it| {
        let syn::Meta::List(list) = &it.meta else {
            return false;
        };
        let configured = list.path.is_ident("cfg");
        configured && list.tokens.to_string() == "test"
    })
}
