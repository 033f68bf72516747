//! What `fix` writes for edits as people make them, over real modules.
//!
//! Each file of `edits/` is one: a type before, and after, with what is right to write in it between `/*+` and `*/`, and
//! what becomes of its state then. All of them are in one module, which is built as it was, as it is, and as it is fixed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use hotmod_file::describe::{Difference, Rule};
use hotmod_file::plan::Plan;
use hotmod_file::{Comparison, Inspected};
use hotmod_tests::fixture::{BASE, Built, Family, ForGood};
use serde_json::Value;
use tempfile::TempDir;

/// The least share of edits for which what is written first is right.
const RIGHT: f64 = 0.9;

struct Edit {
    name: String,
    /// The state before.
    state: String,
    /// The state after.
    next: String,
    /// What becomes of it once it is fixed.
    then: String,
    before: String,
    after: String,
    fixed: String,
}

impl Edit {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("an edit");
        let name = path.file_stem().expect("a name").to_string_lossy();
        let said = |key: &str| {
            let lines = text.lines();
            let mut said = lines.filter_map(|it| it.strip_prefix("// ")?.strip_prefix(key));
            said.next()
                .unwrap_or_else(|| panic!("{name}: no {key}"))
                .trim()
        };
        let (state, next) = match said("state:").split_once(" -> ") {
            Some((state, next)) => (state, next),
            None => (said("state:"), said("state:")),
        };
        let (_, rest) = text.split_once("//// before\n").expect("before");
        let (before, after) = rest.split_once("//// after\n").expect("after");
        Edit {
            state: state.to_owned(),
            next: next.to_owned(),
            then: said("then:").to_owned(),
            before: source(before),
            after: source(&without(after)),
            fixed: source(&with(after)),
            name: name.into_owned(),
        }
    }

    fn file(&self) -> String {
        format!("{}.rs", self.name)
    }
}

fn source(text: &str) -> String {
    format!("use hotmod::StableState;\n\n{}\n", text.trim())
}

/// As it was edited, without what is to be written.
fn without(text: &str) -> String {
    let mut left = String::new();
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with("/*+") && bare.ends_with("*/") && bare.matches("*/").count() == 1 {
            continue;
        }
        let mut rest = line;
        while let Some((before, marked)) = rest.split_once("/*+") {
            left.push_str(before);
            rest = marked.split_once("*/").expect("an end").1;
        }
        left.push_str(rest);
        left.push('\n');
    }
    left
}

/// As it is to be.
fn with(text: &str) -> String {
    text.replace("/*+", "").replace("*/", "")
}

static EDITS: LazyLock<Vec<Edit>> = LazyLock::new(|| {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/daily/edits");
    let entries = fs::read_dir(directory).expect("the edits");
    let mut paths: Vec<PathBuf> = entries.map(|it| it.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| Edit::read(path)).collect()
});

/// One module with all types, each edit in a module of its own, and an init for each state.
fn module(of: impl Fn(&Edit) -> (String, String)) -> String {
    let mut text = String::new();
    for (place, edit) in EDITS.iter().enumerate() {
        let (source, state) = of(edit);
        text.push_str(&format!(
            "#[allow(dead_code, non_snake_case, unused_macros)]\npub mod edit_{place} {{\n{source}}}\n\n\
             #[hotmod::init]\nfn init_{place}(_: &str) -> Result<edit_{place}::{state}, String> {{\n    \
             Err(String::new())\n}}\n\n"
        ));
    }
    text
}

const HEAD: &str = "hotmod::module! { name: \"edits\", version: \"1.0.0\" }\n";

static AFTER: LazyLock<Built> = LazyLock::new(|| {
    let before = module(|it| (it.before.clone(), it.state.clone()));
    let after = module(|it| (it.after.clone(), it.next.clone()));
    let family = Family::written("edits", format!("{HEAD}// all of it\n"));
    family
        .variant("before", &[("// all of it", before.for_good())])
        .variant("after", &[("// all of it", after.for_good())])
        .build()
});

/// The sources after, each in a file of its own.
fn written() -> TempDir {
    // Not within the repository, which git would find.
    let directory = tempfile::tempdir_in("/tmp").expect("a directory");
    for edit in EDITS.iter() {
        fs::write(directory.path().join(edit.file()), &edit.after).expect("a file");
    }
    directory
}

struct Ended {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

fn fix(sources: &Path, arguments: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-hotmod"))
        .arg("fix")
        .arg(AFTER.file("after"))
        .arg("--old")
        .arg(AFTER.file("before"))
        .arg("--source")
        .arg(sources)
        .args(arguments)
        .output()
        .expect("the command line");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ended {
        status: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn inspected(file: &Path) -> Inspected {
    hotmod_file::inspect(file).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// The differences of one state.
fn of<'p>(plan: &'p Plan, state: &str) -> Vec<&'p Difference> {
    let differences = plan.differences.iter();
    differences.filter(|it| is_of(&it.path, state)).collect()
}

fn is_of(path: &str, state: &str) -> bool {
    let rest = path.strip_prefix(state);
    rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
}

/// `always`, `conditional` or `refused`.
fn becomes(plan: &Plan, state: &str) -> &'static str {
    let refused = of(plan, state).iter().any(|it| it.rule.refuses());
    let mut conditions = plan.conditions().iter();
    match (refused, conditions.any(|it| is_of(&it.path, state))) {
        (true, _) => "refused",
        (false, true) => "conditional",
        (false, false) => "always",
    }
}

fn lost(plan: &Plan) -> Vec<&str> {
    let losses = plan.losses();
    losses.map(|it| it.path.as_str()).collect()
}

#[test]
fn what_is_written_first_is_right_and_loses_nothing() {
    assert!(EDITS.len() >= 100, "{}", EDITS.len());
    let sources = written();
    let ended = fix(
        sources.path(),
        &["--yes", "--allow-no-vcs", "--allow-dirty"],
    );
    assert_eq!(ended.status, Some(3), "{}{}", ended.stdout, ended.stderr);

    let fixed = |edit: &Edit| fs::read_to_string(sources.path().join(edit.file())).expect("a file");
    let wrong: Vec<&Edit> = EDITS.iter().filter(|it| fixed(it) != it.fixed).collect();
    let share = 1.0 - wrong.len() as f64 / EDITS.len() as f64;
    for edit in &wrong {
        println!("not as recorded: {}\n{}", edit.name, fixed(edit));
        // Where it does not know better, it leaves the source alone.
        assert_eq!(fixed(edit), edit.after, "{}", edit.name);
    }
    println!(
        "right: {} of {}: {share:.3}",
        EDITS.len() - wrong.len(),
        EDITS.len()
    );
    assert!(share >= RIGHT, "only {share:.3} are right");

    let module = module(|it| (fixed(it), it.next.clone()));
    let family = Family::written("edits-fixed", format!("{HEAD}{module}"));
    let built = family.build();
    let files = [AFTER.file("before"), AFTER.file("after"), built.file(BASE)];
    let [before, after, fixed] = files.map(|it| inspected(&it));
    let unfixed = Comparison::new(&before, &after);
    let comparison = Comparison::new(&before, &fixed);
    let plan = comparison.plans().on();
    assert_eq!(
        lost(plan),
        lost(unfixed.plans().on()),
        "something more is lost"
    );
    for edit in EDITS
        .iter()
        .filter(|it| !wrong.iter().any(|of| of.name == it.name))
    {
        let found = becomes(plan, &edit.state);
        assert_eq!(
            found,
            edit.then,
            "{}: {:#?}",
            edit.name,
            of(plan, &edit.state)
        );
    }
    // It said so before.
    let said = fix(sources.path(), &["--dry-run", "--format", "json"]);
    let said: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let left = said["left"].as_array().expect("a list").len();
    let refused = plan.differences.iter().filter(|it| it.rule.refuses());
    let by_macros = refused
        .clone()
        .filter(|it| it.rule == Rule::FieldAdded && is_of(&it.path, "Cinema"));
    assert_eq!(left, refused.count() - by_macros.count());
}

#[test]
fn what_may_be_lost_is_written_only_where_that_is_allowed() {
    let sources = written();
    let options = ["--yes", "--allow-no-vcs", "--allow-dirty"];
    let without = fix(sources.path(), &options);
    assert!(
        !without.stdout.contains("+ #[state(removed("),
        "{}",
        without.stdout
    );
    let sources = written();
    let with = fix(sources.path(), &[&options[..], &["--allow-loss"]].concat());
    assert!(
        with.stdout.contains("+ #[state(removed(\"gates\"))]"),
        "{}",
        with.stdout
    );
}

#[test]
fn nothing_is_written_that_was_not_agreed_to_or_could_not_be_undone() {
    let sources = written();
    let unchanged = |sources: &Path| {
        for edit in EDITS.iter() {
            let text = fs::read_to_string(sources.join(edit.file())).expect("a file");
            assert_eq!(text, edit.after, "{}", edit.name);
        }
    };
    let ended = fix(sources.path(), &["--dry-run"]);
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    for line in [
        "+     #[state(default)]",
        "+ #[state(was = \"Embassy\")]",
        "left to you:",
        "still refused after that:",
        "nothing was written; `--yes` does it",
    ] {
        assert!(
            ended.stdout.lines().any(|it| it == line),
            "no {line} in {}",
            ended.stdout
        );
    }
    unchanged(sources.path());
    // Standard input is no terminal, so nobody is asked.
    fix(sources.path(), &[]);
    unchanged(sources.path());

    let ended = fix(sources.path(), &["--yes"]);
    assert_eq!(ended.status, Some(2), "{}", ended.stdout);
    assert!(ended.stderr.contains("--allow-no-vcs"), "{}", ended.stderr);
    unchanged(sources.path());

    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(sources.path());
        command.args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
        let output = command.args(arguments).output().expect("git");
        assert!(output.status.success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    let ended = fix(sources.path(), &["--yes"]);
    assert_eq!(ended.status, Some(2), "{}", ended.stdout);
    assert!(ended.stderr.contains("--allow-dirty"), "{}", ended.stderr);
    unchanged(sources.path());

    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "edited"]);
    let ended = fix(sources.path(), &["--yes"]);
    assert_eq!(ended.status, Some(3), "{}", ended.stderr);
    assert!(
        ended.stdout.contains("written: build it again"),
        "{}",
        ended.stdout
    );
    let badge = EDITS
        .iter()
        .find(|it| it.state == "Badge")
        .expect("an edit");
    let text = fs::read_to_string(sources.path().join(badge.file())).expect("a file");
    assert_eq!(text, badge.fixed);
}
