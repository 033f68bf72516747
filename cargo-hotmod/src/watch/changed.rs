//! Which items of the sources were changed: told by their tokens, so that neither comments nor line breaks count.

use std::collections::BTreeMap;
use std::path::Path;

use hotmod::printed::Line;
use quote::ToTokens;
use syn::{ImplItem, Item, Type};

use super::sources::{SourceFile, Sources};

/// How many are named.
const MOST: usize = 4;

/// What was changed, for people; `None` if nothing but comments and spaces were.
pub(super) fn changed(before: &Sources, now: &Sources) -> Option<String> {
    let mut names = Vec::new();
    for (file, was, is) in now.differing(before) {
        names.extend(of_file(file, was, is));
    }
    names.dedup();
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    match (names.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(names.join(", ")),
        (false, more) => Some(format!("{} and {more} more", names.join(", "))),
    }
}

/// The items of one file that differ, or the file where it has none.
fn of_file(file: &Path, was: Option<&SourceFile>, is: Option<&SourceFile>) -> Vec<String> {
    let parsed = |source: Option<&SourceFile>| {
        let is_rust = file.extension().is_some_and(|it| it == "rs");
        let text = source
            .map_or(Some(""), SourceFile::text)
            .filter(|_| is_rust)?;
        let mut items = Items::default();
        syn::parse_file(text)
            .ok()?
            .items
            .iter()
            .for_each(|it| items.add("", it));
        Some(items.0)
    };
    let (Some(was), Some(is)) = (parsed(was), parsed(is)) else {
        let name = file.file_name().unwrap_or(file.as_os_str());
        return vec![Line(name.display()).to_string()];
    };
    let names = was
        .keys()
        .chain(is.keys().filter(|it| !was.contains_key(*it)));
    names
        .filter(|it| was.get(*it) != is.get(*it))
        .cloned()
        .collect()
}

/// The tokens of items, by their names.
#[derive(Default)]
struct Items(BTreeMap<String, Vec<String>>);

impl Items {
    fn add(&mut self, within: &str, item: &Item) {
        let named = |name: &dyn ToTokens| format!("{within}{}", name.to_token_stream());
        let name = match item {
            Item::Fn(it) => named(&it.sig.ident),
            Item::Struct(it) => named(&it.ident),
            Item::Enum(it) => named(&it.ident),
            Item::Union(it) => named(&it.ident),
            Item::Const(it) => named(&it.ident),
            Item::Static(it) => named(&it.ident),
            Item::Type(it) => named(&it.ident),
            Item::Trait(it) => named(&it.ident),
            Item::Impl(it) => {
                // A method is named as it is called: by its trait, or its type.
                let of = match &it.trait_ {
                    Some((path, _)) => last(path),
                    None => match &*it.self_ty {
                        Type::Path(it) => last(&it.path),
                        other => other.to_token_stream().to_string(),
                    },
                };
                for inner in &it.items {
                    let name = match inner {
                        ImplItem::Fn(it) => it.sig.ident.to_string(),
                        ImplItem::Const(it) => it.ident.to_string(),
                        ImplItem::Type(it) => it.ident.to_string(),
                        _ => "…".to_owned(),
                    };
                    self.note(format!("{within}{of}::{name}"), inner);
                }
                let mut head = it.clone();
                head.items.clear();
                self.note(format!("impl {within}{of}"), &head);
                return;
            }
            Item::Mod(it) => {
                if let Some((_, items)) = &it.content {
                    let within = format!("{within}{}::", it.ident);
                    items.iter().for_each(|it| self.add(&within, it));
                    return;
                }
                named(&it.ident)
            }
            Item::Macro(it) => format!("{within}{}!", last(&it.mac.path)),
            Item::Use(_) => format!("{within}use"),
            _ => format!("{within}…"),
        };
        self.note(name, item);
    }

    fn note(&mut self, name: String, tokens: &impl ToTokens) {
        let tokens = tokens.to_token_stream().to_string();
        self.0.entry(name).or_default().push(tokens);
    }
}

fn last(path: &syn::Path) -> String {
    path.segments
        .last()
        .map_or_else(String::new, |it| it.ident.to_string())
}
