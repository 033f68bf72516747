//! The commands of the guide and the README: run as they stand there, or excused by a reason.

use std::fs;
use std::path::Path;

use hotmod_tests::page::{Page, checkout};

use crate::reader::Reader;

/// The pages that are read one after the other, and what the workspace is called that they make.
const SERIES: [(&str, &[&str]); 2] = [
    ("arcade", &["start/ten-minutes.md"]),
    (
        "chat",
        &[
            "tutorial/a-room.md",
            "tutorial/code.md",
            "tutorial/a-field.md",
            "tutorial/a-name.md",
            "tutorial/a-method.md",
            "tutorial/an-import.md",
            "tutorial/a-timer.md",
            "tutorial/a-bad-release.md",
        ],
    ),
];

fn reads(name: &'static str) {
    let (_, pages) = SERIES.iter().find(|(it, _)| *it == name).expect("a series");
    let mut reader = Reader::new(name);
    for page in *pages {
        reader.does(&format!("guide/src/{page}"));
    }
    reader.ends_content();
}

#[test]
fn the_first_ten_minutes_are_as_the_guide_says() {
    reads("arcade");
}

#[test]
fn the_tutorial_is_as_the_guide_says() {
    reads("chat");
}

/// All pages in a folder, by their paths in the repository.
fn pages(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(checkout().join(folder)).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        let path = format!("{folder}/{name}");
        if entry.path().is_dir() {
            found.extend(pages(&path));
        } else if Path::new(&name).extension().is_some_and(|it| it == "md") {
            found.push(path);
        }
    }
    found
}

#[test]
fn each_command_is_run_or_excused() {
    let mut all = pages("guide/src");
    all.push("README.md".to_owned());
    let (mut neither, mut done, mut excused) = (Vec::new(), 0, Vec::new());
    // Those of the tasks are done in `tests/tests/tasks.rs`, and each page of a code names the test that comes to it.
    let elsewhere = ["guide/src/tasks/", "guide/src/codes/"];
    for path in all
        .iter()
        .filter(|path| !elsewhere.iter().any(|it| path.starts_with(it)))
    {
        let page = Page::read(path);
        neither.extend(
            page.unmarked
                .iter()
                .map(|it| format!("{path}: not a console block: {it}")),
        );
        let is_read = SERIES
            .iter()
            .any(|(_, pages)| pages.iter().any(|it| *path == format!("guide/src/{it}")));
        match is_read {
            true => done += page.steps.len(),
            false if page.is_done() => neither.push(format!("{path}: {:?}", page.steps)),
            false => {}
        }
        excused.extend(
            page.excused
                .into_iter()
                .map(|it| format!("{path}: {}", it.why)),
        );
    }
    println!("{done} steps are done; not run:\n{}", excused.join("\n"));
    assert!(neither.is_empty(), "neither run nor excused: {neither:#?}");
    assert!(excused.iter().all(|it| it.len() > 20), "{excused:#?}");
}
