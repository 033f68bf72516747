//! Whether the guide's table and the cases say the same.

use super::{ROWS, Row, Without, allowing, attributes};

const CHAPTER: &str = include_str!("../../../../guide/src/state/changes.md");

/// A row as the guide has it.
struct Written {
    change: &'static str,
    by_itself: &'static str,
    with: &'static str,
    otherwise: &'static str,
}

/// The rows of the table under this heading.
fn written() -> Vec<Written> {
    let (_, rest) = CHAPTER
        .split_once("| change | by itself | with an attribute | else |\n")
        .expect("the table");
    let rows = rest.lines().take_while(|line| line.starts_with('|'));
    let cells = rows.skip(1).map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [change, by_itself, with, otherwise] = cells[..] else {
            panic!("four cells: {row}");
        };
        Written {
            change,
            by_itself,
            with,
            otherwise,
        }
    });
    cells.collect()
}

/// What stands between backticks.
fn spans(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Whether a text has a word, and after it this.
fn has(text: &str, word: &str, after: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let rest = &text[at + word.len()..];
        let follows = match after {
            "" => !rest.starts_with(" =") && !rest.starts_with('('),
            after => rest.starts_with(after),
        };
        !text[..at].ends_with(part) && !rest.starts_with(part) && follows
    })
}

/// An attribute as the table spells it: its name, and what comes after that.
fn attribute(span: &str) -> (&str, &str) {
    let inner = span
        .trim_start_matches("#[hotmod::")
        .trim_start_matches("#[derive(")
        .trim_end_matches([']', ')']);
    let end = inner.find(|c: char| !c.is_alphanumeric() && c != '_');
    let (word, rest) = inner.split_at(end.unwrap_or(inner.len()));
    let after = [" =", "("].into_iter().find(|it| rest.starts_with(it));
    (word, after.unwrap_or_default())
}

/// What the cases do not show of a row.
fn missing(written: &Written, row: &Row) -> Vec<String> {
    let mut missing = Vec::new();
    let mut lacks = |lacks: bool, what: &str| {
        if lacks {
            missing.push(format!("{}: {what}", written.change));
        }
    };
    let edits = row.migrated.iter().flat_map(|it| it.edits);
    let source: Vec<&str> = edits.flat_map(|(from, to)| [*from, *to]).collect();

    // Types by their names, parameters by any.
    let part = |c: char| !c.is_alphanumeric();
    let types = spans(written.change).flat_map(|span| span.split(part));
    for ty in types.filter(|ty| ty.len() > 2) {
        let is = |text: &&str| has(text, ty, "") || has(text, ty, "<");
        lacks(!source.iter().any(is), &format!("nothing is a `{ty}`"));
    }
    let named: Vec<_> = spans(written.with).map(attribute).collect();
    for (word, after) in &named {
        let mut used = source.iter().flat_map(|text| attributes(text));
        let used = used.any(|attribute| has(attribute, word, after));
        lacks(!used, &format!("nothing has the attribute `{word}`"));
    }
    for case in row.migrated {
        let mut used = case.edits.iter().flat_map(|(_, to)| allowing(to));
        let needs = !matches!(case.without, Without::Nothing);
        let of_row = used.any(|used| named.iter().any(|(word, _)| used.contains(word)));
        lacks(
            needs && !of_row,
            &format!("{} has none of its attributes", case.name),
        );
    }

    let any = |is: fn(&Without) -> bool| row.migrated.iter().any(|it| is(&it.without));
    let by_itself = any(|it| matches!(it, Without::Nothing));
    let refused = any(|it| matches!(it, Without::Refused(_)));
    let stuck = any(|it| matches!(it, Without::Stuck(..))) || !row.stuck.is_empty();
    lacks(
        by_itself == written.by_itself.is_empty(),
        "whether it goes by itself",
    );
    let refuses = written.otherwise.contains("refused");
    lacks(
        refuses && !refused && row.refused.is_empty(),
        "nothing is refused",
    );
    lacks(
        refuses && !refused && !written.with.is_empty(),
        "nothing is refused for the lack of an attribute",
    );
    let aborts = [written.with, written.otherwise].concat().contains("abort");
    lacks(aborts && !stuck, "nothing aborts");
    missing
}

#[test]
fn every_row_of_the_table_is_shown() {
    let written = written();
    let changes: Vec<_> = written.iter().map(|row| row.change).collect();
    let shown: Vec<_> = ROWS.iter().map(|row| row.change).collect();
    assert_eq!(changes, shown);
    let missing = written
        .iter()
        .zip(ROWS)
        .flat_map(|(written, row)| missing(written, row));
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
