//! Whether each attribute and each rule has its page.

use std::collections::BTreeSet;
use std::fs;

use hotmod_guide::CHAPTERS;

use crate::checkout;
use crate::markdown::Document;

/// The titles of the pages in a folder, in order.
fn titles(folder: &str) -> Vec<String> {
    let source = checkout().join("guide/src");
    let pages = CHAPTERS.iter().filter(|it| it.starts_with(folder));
    let titles = pages.map(|it| Document::read(&source.join(it)).headings.swap_remove(0));
    titles.collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| it != '_' && !it.is_alphanumeric())
        .filter(|it| !it.is_empty())
}

/// The attributes that the macros know: those that are exported, and what they say that `#[state(…)]` takes.
fn known() -> BTreeSet<String> {
    let macros = checkout().join("hotmod-macros/src");
    let read = |file: &str| fs::read_to_string(macros.join(file)).expect("a source");
    let mut known = BTreeSet::new();
    let entries = read("lib.rs");
    for function in entries.split("pub fn ").skip(1) {
        known.insert(words(function).next().expect("a name").to_owned());
    }
    // They are those of derives.
    for (function, derive) in [("old_state", "OldState"), ("stable_state", "StableState")] {
        assert!(
            known.remove(function) && entries.contains(&format!("proc_macro_derive({derive},"))
        );
        known.insert(derive.to_owned());
    }
    for (file, of) in [("fields", "field"), ("types", "type"), ("types", "variant")] {
        let text = read(&format!("state/attributes/{file}.rs"));
        let (_, help) = text
            .split_once(&format!("\"a {of} takes "))
            .expect("what it takes");
        let (help, _) = help
            .split_once("\";")
            .or(help.split_once("\",\n"))
            .expect("its end");
        for span in help.split('`').skip(1).step_by(2) {
            for part in span.split(", ") {
                let name = words(part).find(|it| *it != "unsafe").expect("a name");
                known.insert(name.to_owned());
            }
        }
    }
    known
}

#[test]
fn each_attribute_has_a_page() {
    let known = known();
    assert!(
        known.len() > 35 && known.contains("rebuild") && known.contains("into"),
        "{known:?}"
    );
    let titles = titles("reference/attributes/");
    let told: BTreeSet<&str> = titles.iter().flat_map(|it| words(it)).collect();
    let missing: Vec<_> = known
        .iter()
        .filter(|it| !told.contains(it.as_str()))
        .collect();
    assert!(missing.is_empty(), "no page on {missing:?}");
    let unknown = titles
        .iter()
        .filter(|title| !words(title).any(|it| known.contains(it)));
    let unknown: Vec<_> = unknown
        .filter(|title| !title.starts_with("#[hotmod("))
        .collect();
    assert!(unknown.is_empty(), "pages on nothing: {unknown:?}");
}

#[test]
fn each_rule_has_a_page() {
    let source = checkout().join("guide/src");
    let mut rules = Vec::new();
    for chapter in ["state/changes.md", "module/interfaces-that-change.md"] {
        let document = Document::read(&source.join(chapter));
        let table = document.tables.iter().find(|it| it[0][1] == "by itself");
        let rows = table.expect("a table of rules").iter().skip(1);
        rules.extend(rows.map(|row| row[0].clone()));
    }
    let titles = titles("reference/rules/");
    let told: Vec<_> = titles.iter().map(|it| it.to_lowercase()).collect();
    let rules: Vec<_> = rules.iter().map(|it| it.to_lowercase()).collect();
    assert_eq!(told, rules);
}
