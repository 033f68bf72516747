//! What an operator may set, and what is told of an update, held against the documents that say so.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{FnArg, ImplItem, Item, Lit, Visibility};

/// Each setting in the sources below a folder: a public method that takes `mut self` and gives it back, as
/// `Builder::setting`.
pub(crate) fn settings(src: &Path) -> BTreeSet<String> {
    let mut settings = BTreeSet::new();
    for file in sources(src) {
        for item in &file.items {
            let Item::Impl(block) = item else { continue };
            let syn::Type::Path(of) = &*block.self_ty else {
                continue;
            };
            let of = &of.path.segments.last().expect("a type").ident;
            for item in &block.items {
                let ImplItem::Fn(method) = item else { continue };
                let is_open = matches!(method.vis, Visibility::Public(_));
                let sets = matches!(method.sig.inputs.first(), Some(FnArg::Receiver(it))
                    if it.mutability.is_some());
                let gives_back = matches!(&method.sig.output, syn::ReturnType::Type(_, ty)
                    if matches!(&**ty, syn::Type::Path(ty) if ty.path.is_ident("Self")));
                if is_open && sets && gives_back {
                    settings.insert(format!("{of}::{}", method.sig.ident));
                }
            }
        }
    }
    settings
}

/// The texts that stand for the variants of an enum in its method `as_str`.
pub(crate) fn words(file: &Path, of: &str) -> Vec<String> {
    let parsed = parse(file);
    let blocks = parsed.items.iter().filter_map(|item| match item {
        Item::Impl(block) => Some(block),
        _ => None,
    });
    let of_enum = blocks
        .filter(|block| matches!(&*block.self_ty, syn::Type::Path(it) if it.path.is_ident(of)));
    let mut words = Vec::new();
    for item in of_enum.flat_map(|block| &block.items) {
        let ImplItem::Fn(method) = item else { continue };
        if method.sig.ident != "as_str" {
            continue;
        }
        let Some(syn::Stmt::Expr(syn::Expr::Match(arms), _)) = method.block.stmts.first() else {
            continue;
        };
        for arm in &arms.arms {
            if let syn::Expr::Lit(text) = &*arm.body
                && let Lit::Str(text) = &text.lit
            {
                words.push(text.value());
            }
        }
    }
    words
}

/// Whether a text has a name between backticks, or in an example: as a whole word either way.
pub(crate) fn is_named(name: &str, text: &str) -> bool {
    let is_part = |it: Option<char>| it.is_some_and(|it| it == '_' || it.is_alphanumeric());
    let mut places = text.match_indices(name);
    places.any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !is_part(before) && !is_part(after) && !matches!(before, Some(' ') | None)
    })
}

/// The features that a crate offers, in the text of its `Cargo.toml`.
pub(crate) fn features(manifest: &str) -> Vec<&str> {
    let lines = manifest.lines().skip_while(|line| *line != "[features]");
    let lines = lines.skip(1).take_while(|line| !line.starts_with('['));
    let named = lines.filter_map(|line| Some(line.split_once(" = ")?.0));
    named
        .filter(|name| !name.starts_with('#') && *name != "default")
        .collect()
}

/// The text of all pages in a folder.
pub(crate) fn pages(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            text += &pages(&path);
        } else if path.extension().is_some_and(|it| it == "md") {
            text += &fs::read_to_string(path).expect("a page");
        }
    }
    text
}

/// Texts below a folder that stand for themselves: each page, and the sources of each folder together.
pub(crate) fn wholes(folder: &Path) -> Vec<(PathBuf, String)> {
    let (mut all, mut sources) = (Vec::new(), String::new());
    for entry in fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        let kind = path.extension().unwrap_or_default();
        if path.is_dir() {
            all.extend(wholes(&path));
        } else if kind == "md" {
            let text = fs::read_to_string(&path).expect("a page");
            all.push((path, text));
        } else if kind == "rs" {
            sources += &fs::read_to_string(&path).expect("a source");
        }
    }
    all.push((folder.to_owned(), sources));
    all
}

fn parse(file: &Path) -> syn::File {
    let text = fs::read_to_string(file).expect("a file that can be read");
    syn::parse_file(&text).expect("a source")
}

fn sources(folder: &Path) -> Vec<syn::File> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder that can be read") {
        let entry = entry.expect("an entry");
        let path = entry.path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            all.push(parse(&path));
        }
    }
    all
}
