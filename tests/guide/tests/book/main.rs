//! Whether the guide is whole: its files are chapters, its links lead somewhere, and what the README promises is what
//! the guide says in full.

mod figures;
mod markdown;
mod reference;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use hotmod_guide::CHAPTERS;
use markdown::Document;

fn checkout() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../..").canonicalize().expect("the checkout")
}

/// All files below a folder, by their paths from there.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder that can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let within = path.strip_prefix(folder).expect("below the folder");
                found.insert(within.to_str().expect("a name in UTF-8").to_owned());
            }
        }
    }
    found
}

#[test]
fn each_file_of_the_guide_is_a_chapter_and_each_chapter_a_file() {
    let source = checkout().join("guide/src");
    let found = files(&source);
    let pages = found.iter().filter(|file| file.ends_with(".md"));
    let pages: BTreeSet<&str> = pages.map(String::as_str).collect();
    let mut chapters: BTreeSet<&str> = CHAPTERS.iter().copied().collect();
    assert_eq!(
        chapters.len(),
        CHAPTERS.len(),
        "a chapter stands twice in SUMMARY.md"
    );
    chapters.insert("SUMMARY.md");
    assert_eq!(pages, chapters);
}

#[test]
fn each_chapter_has_the_title_that_the_summary_gives_it() {
    let source = checkout().join("guide/src");
    let summary = Document::read(&source.join("SUMMARY.md"));
    for link in &summary.links {
        let chapter = Document::read(&source.join(&link.target));
        assert_eq!(
            chapter.headings.first(),
            Some(&link.text),
            "{}",
            link.target
        );
    }
}

/// A path without steps up.
fn by_name(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// What is wrong with the links of a document. Those of a chapter lead to chapters, and have no way out of the book.
fn dead_links(path: &Path, chapters_below: Option<&Path>) -> Vec<String> {
    let document = Document::read(path);
    let mut dead = Vec::new();
    for link in document.links {
        if link.target.contains("://") {
            continue;
        }
        let (file, anchor) = match link.target.split_once('#') {
            Some((file, anchor)) => (file, Some(anchor)),
            None => (&*link.target, None),
        };
        let leads_to = match file {
            "" => path.to_owned(),
            file => path.parent().expect("a folder").join(file),
        };
        let mut fault = |fault: &str| {
            dead.push(format!(
                "{}: [{}]({}) {fault}",
                path.display(),
                link.text,
                link.target
            ));
        };
        if !leads_to.exists() {
            fault("leads nowhere");
            continue;
        }
        // By its name: pages of codes are links to files of a crate.
        let leads_to = by_name(&leads_to);
        if chapters_below.is_some_and(|book| !leads_to.starts_with(book)) {
            fault("leads out of the book: name the file between backticks");
        }
        let Some(anchor) = anchor else { continue };
        let headings = Document::read(&leads_to).headings;
        if !headings.iter().any(|it| markdown::anchor(it) == anchor) {
            fault("leads to no heading");
        }
    }
    dead
}

#[test]
fn each_link_leads_somewhere() {
    let checkout = checkout();
    let book = checkout.join("guide/src");
    let chapters = CHAPTERS.iter().chain(&["SUMMARY.md"]);
    let mut dead: Vec<_> = chapters
        .flat_map(|chapter| dead_links(&book.join(chapter), Some(&book)))
        .collect();
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "cargo-hotmod/README.md",
        "hotmod-admin/README.md",
    ] {
        dead.extend(dead_links(&checkout.join(document), None));
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn what_the_readme_promises_is_a_guarantee_of_the_guide() {
    let checkout = checkout();
    let readme = Document::read(&checkout.join("README.md"));
    let guarantees = Document::read(&checkout.join("guide/src/reference/guarantees.md"));
    let promised = readme.strong.iter();
    let promised: Vec<_> = promised
        .filter(|it| it.starts_with(char::is_uppercase))
        .collect();
    assert!(promised.len() > 5, "{promised:?}");
    for promise in promised {
        assert!(guarantees.strong.contains(promise), "{promise}");
    }
}
