//! Whether the guide's table of signatures and the cases say the same.

use super::Becomes::{Called, Refused};
use super::Row;
use super::cases::rows;

const CHAPTER: &str = include_str!("../../../guide/src/module/interfaces-that-change.md");

/// The cells of each row.
fn written() -> Vec<[&'static str; 4]> {
    let heading = "| change in a signature | by itself | with an attribute | else |\n";
    let (_, rest) = CHAPTER.split_once(heading).expect("the table");
    let rows = rest.lines().take_while(|line| line.starts_with('|'));
    let cells = rows.skip(1).map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        cells
            .try_into()
            .unwrap_or_else(|_| panic!("four cells: {row}"))
    });
    cells.collect()
}

/// The attributes that a text names, of those that tell of callers of another age.
fn attributes(text: &str) -> Vec<&'static str> {
    let known = ["optional", "default", "removed", "other", "rebuild"];
    let mentions = |name: &&str| {
        let marks = ["#[hotmod::", "#[hotmod(", "#[state("];
        marks
            .iter()
            .any(|mark| text.contains(&format!("{mark}{name}")))
    };
    known.into_iter().filter(mentions).collect()
}

fn missing([_, by_itself, with, otherwise]: &[&str; 4], row: &Row) -> Vec<String> {
    let mut missing = Vec::new();
    let mut lacks = |lacks: bool, what: &str| {
        if lacks {
            missing.push(format!("{}: {what}", row.change));
        }
    };
    let sides = || row.cases.iter().flat_map(|it| [&it.was, &it.now]);
    for attribute in attributes(with) {
        // Tokens as the compiler prints them.
        let source = |side: &super::Side| side.source.split_whitespace().collect::<String>();
        let used = sides().any(|side| attributes(&source(side)).contains(&attribute));
        lacks(!used, &format!("nothing has `{attribute}`"));
    }
    let ways = || {
        row.cases
            .iter()
            .flat_map(|it| [&it.newer_module, &it.newer_host])
    };
    let called = ways().any(|it| matches!(it, Called(_)));
    let refused = ways().any(|it| matches!(it, Refused(_)));
    let unfit = ways().any(|it| match it {
        Called(lines) => lines
            .iter()
            .any(|it| it.starts_with("ran: ") || it.starts_with("not called: ")),
        Refused(_) => false,
    });
    lacks(!by_itself.is_empty() && !called, "nothing goes by itself");
    lacks(!with.is_empty() && !called, "nothing is called");
    lacks(
        otherwise.contains("refused") && !refused,
        "nothing is refused",
    );
    lacks(by_itself.contains("Unfit") && !unfit, "nothing is unfit");
    missing
}

#[test]
fn every_row_of_the_table_is_shown() {
    let written = written();
    let changes: Vec<_> = written.iter().map(|cells| cells[0]).collect();
    let shown: Vec<_> = rows().map(|row| row.change).collect();
    assert_eq!(changes, shown);
    let missing = written
        .iter()
        .zip(rows())
        .flat_map(|(cells, row)| missing(cells, row));
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
