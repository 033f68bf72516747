//! Pages of codes, as they are asked for after a refusal.

use std::path::Path;

use hotmod_file::Page;
use serde_json::Value;

use super::{diff, hotmod, hotmod_in};
use hotmod_tests::fixture::BASE;

fn explain(arguments: &[&str]) -> super::Ended {
    hotmod(&[&["explain"], arguments].concat(), &[])
}

#[test]
fn what_is_refused_says_how_to_learn_more_and_that_command_prints_the_page() {
    let refused = diff(BASE, "cli-two-changes");
    assert_eq!(refused.status, Some(3));
    let last = refused.stdout.lines().last().expect("a line");
    let command = last
        .strip_prefix("run `cargo hotmod explain ")
        .and_then(|it| it.split('`').next())
        .unwrap_or_else(|| panic!("{last}"));
    assert!(
        refused.stdout.contains(&format!(" [{command}]\n")),
        "{}",
        refused.stdout
    );
    let page = explain(&[command]);
    assert_eq!((page.status, page.stderr.as_str()), (Some(0), ""));
    assert!(
        page.stdout.starts_with(&format!("# {command}: ")),
        "{}",
        page.stdout
    );
    assert!(page.stdout.contains("\n## Cure\n"), "{}", page.stdout);
    assert!(!page.stdout.contains("<!--"), "{}", page.stdout);

    let damaged = hotmod_in(
        Path::new(env!("CARGO_MANIFEST_DIR")),
        &["inspect", "Cargo.toml"],
        &[],
    );
    assert_eq!(damaged.status, Some(2));
    let last = "\nrun `cargo hotmod explain HM-0004` for an example and the cure\n";
    assert!(damaged.stderr.ends_with(last), "{}", damaged.stderr);
}

#[test]
fn a_code_is_found_by_number_and_by_name_also_for_programs() {
    let page = explain(&["HM-0205"]).stdout;
    for same in ["hm-0205", "205", "narrowed"] {
        assert_eq!(explain(&[same]).stdout, page, "{same}");
    }
    let answer = explain(&["205", "--format", "json"]).json();
    assert_eq!(answer["code"], "HM-0205");
    assert_eq!(answer["name"], "narrowed");
    assert_eq!(answer["page"], page.trim_end());
}

#[test]
fn without_a_code_all_are_listed() {
    let listed = explain(&[]);
    assert_eq!((listed.status, listed.stderr.as_str()), (Some(0), ""));
    let all = explain(&["--format", "json"]).json();
    let all = all.as_array().expect("a list");
    assert_eq!(all.len(), Page::all().count());
    for page in all {
        let part = |name: &str| page[name].as_str().expect("a text").to_owned();
        let has = |line: &str| line.starts_with(&part("code")) && line.ends_with(&part("title"));
        assert!(listed.stdout.lines().any(has), "{}", page["code"]);
    }
}

#[test]
fn what_is_no_code_is_told_with_those_that_it_is_nearly() {
    let unknown = explain(&["field-aded"]);
    assert_eq!((unknown.status, unknown.stdout.as_str()), (Some(2), ""));
    let said = "error: there is no code `field-aded` [HM-0703]\n    help: nearly so are `HM-0201` (field-added)";
    assert!(unknown.stderr.starts_with(said), "{}", unknown.stderr);
    let nothing = explain(&["what is this?"]);
    assert!(
        nothing
            .stderr
            .contains("help: `cargo hotmod explain` lists all"),
        "{}",
        nothing.stderr
    );
}

#[test]
fn a_difference_has_its_code_for_programs() {
    let answer = super::diff_json(BASE, "cli-two-changes");
    let differences = answer["differences"].as_array().expect("a list");
    for it in differences {
        let code = it["code"].as_str().expect("a code");
        let page: Value = explain(&[code, "--format", "json"]).json();
        assert_eq!(page["name"], it["rule"]);
    }
}
