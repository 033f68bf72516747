//! Writes down which chapters the guide has, so that none is left out of what is compiled.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let checkout = here.join("../..").canonicalize().expect("the checkout");
    let source = checkout.join("guide/src");
    let summary = source.join("SUMMARY.md");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", summary.display());

    let text = fs::read_to_string(&summary).expect("guide/src/SUMMARY.md");
    let chapters: Vec<&str> = chapters(&text).collect();
    let mut written = format!(
        "/// The chapters, in order, by their paths below `guide/src`.\npub const CHAPTERS: &[&str] = &{chapters:?};\n"
    );
    compiled(&mut written, "readme", &checkout.join("README.md"));
    for chapter in chapters {
        let name = chapter.trim_end_matches(".md").replace(['/', '-'], "_");
        compiled(&mut written, &name, &source.join(chapter));
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("chapters.rs"), written).expect("a file in the directory for it");
}

/// What the links of the summary lead to.
fn chapters(summary: &str) -> impl Iterator<Item = &str> {
    let links = summary.split("](").skip(1);
    links.filter_map(|link| Some(link.split_once(')')?.0))
}

/// An item whose documentation is this file.
fn compiled(written: &mut String, name: &str, file: &Path) {
    writeln!(
        written,
        "#[cfg(doctest)]\n#[doc = include_str!({file:?})]\npub mod {name} {{}}"
    )
    .expect("a text takes all");
}
