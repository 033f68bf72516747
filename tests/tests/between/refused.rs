//! What would leave a module without what it needs of another one is refused, or done together.

use super::*;

pub(crate) fn refused(done: Result<impl Sized, Refusal>) -> Refusal {
    done.err().expect("a refusal")
}

/// Whether a refusal says all of this.
pub(crate) fn says(refusal: &Refusal, texts: &[&str]) {
    let said = refusal.to_string();
    for text in texts {
        assert!(said.contains(text), "no `{text}` in:\n{said}");
    }
}

#[test]
fn a_module_that_needs_one_that_is_not_loaded_is_refused() {
    let host = host();
    let refusal = refused(host.load_untyped(QUESTS.file(BASE)));
    says(
        &refusal,
        &[
            "import arms::damage(): expected a loaded module `arms` that exports `fn damage(base: u32, armour: \
             u32) -> u32`, found none of that name",
            "load `arms` first, or both together by `Host::load_all`; or mark the import with \
             #[hotmod::optional]",
            "import arms::strike()",
        ],
    );
    // The optional ones stand in no way.
    let refusing = refusal.differences().iter().filter(|it| it.rule.refuses());
    assert!(
        refusing
            .into_iter()
            .all(|it| it.rule == Rule::ImportMissing && !it.path.contains("luck"))
    );
    load(&host, ARMS.file(BASE));
    load(&host, QUESTS.file(BASE));
}

#[test]
fn a_module_that_calls_itself_by_an_import_is_refused() {
    let refusal = refused(host().load_untyped(ARMS.file("self")));
    says(
        &refusal,
        &["import arms: expected an import of another module"],
    );
}

#[test]
fn a_module_is_not_loaded_where_the_other_lacks_what_it_needs() {
    let host = host();
    load(&host, ARMS.file("without"));
    let refusal = refused(host.load_untyped(QUESTS.file(BASE)));
    says(
        &refusal,
        &[
            "import arms::damage(): expected module `arms` with `fn damage(base: u32, armour: u32) -> u32`, found \
             1.1.0, which has none",
            "update `arms` to a version that has it",
        ],
    );
}

#[test]
fn an_update_that_takes_what_another_module_needs_is_refused() {
    let (_host, arms, quests) = both();
    let refusal = refused(arms.update(ARMS.file("without")));
    says(
        &refusal,
        &[
            "1.0.0 keeps running",
            "damage(): was `fn damage(base: u32, armour: u32) -> u32`, which `quests` 1.0.0 imports, now absent",
            "update `quests`, in one `Host::update_all` with this, to a version that does without",
        ],
    );
    let refusal = refused(arms.update(ARMS.file("text")));
    says(
        &refusal,
        &["damage() ->", "which `quests` 1.0.0 imports", "`String`"],
    );
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    assert_eq!(fight.call(9, 4).expect("a call"), 6);
}

#[test]
fn an_update_that_needs_what_the_other_lacks_is_refused() {
    let (_host, _, quests) = both();
    let refusal = refused(quests.update(QUESTS.file("heals")));
    says(
        &refusal,
        &[
            "import arms::heal(): expected module `arms` with",
            "found 1.0.0, which has none",
        ],
    );
}

#[test]
fn two_modules_are_updated_together_where_neither_could_be_alone() {
    let (host, arms, quests) = both();
    refused(arms.update(ARMS.file("heals")));
    refused(quests.update(QUESTS.file("heals")));
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    for files in [
        [(&arms, ARMS.file("heals")), (&quests, QUESTS.file("heals"))],
        // In the other order it is the same.
        [(&quests, QUESTS.file("heals")), (&arms, ARMS.file("heals"))],
    ] {
        let reports = host.update_all(files, &UpdateOptions::new());
        reports.unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(fight.call(9, 4).expect("a call"), 26);
        // Neither can go back alone.
        says(
            &refused(quests.rollback()),
            &["import arms::damage()", "found 1.2.0, which has none"],
        );
        says(
            &refused(arms.rollback()),
            &["heal(): was `fn heal(by: u32) -> u32`, which `quests` 1.2.0 imports, now absent"],
        );
        assert_eq!(
            arms.rollback_report()
                .err()
                .map(|it| it.differences().len()),
            Some(1)
        );
    }
}

#[test]
fn what_a_version_needs_that_may_come_back_is_kept() {
    let (_host, arms, quests) = both();
    update(&quests, QUESTS.file("peaceful"));
    let refusal = refused(arms.update(ARMS.file("without")));
    says(
        &refusal,
        &[
            "damage(): was `fn damage(base: u32, armour: u32) -> u32`, which `quests` 1.0.0 (to which it may \
             be rolled back) imports, now absent",
            "or give that version up by `Module::make_permanent`",
        ],
    );
    quests.make_permanent();
    update(&arms, ARMS.file("without"));
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    assert_eq!(fight.call(9, 4).expect("a call"), 13);
}

#[test]
fn a_rollback_that_takes_what_another_module_needs_by_now_is_refused() {
    let host = host();
    let arms = load(&host, ARMS.file(BASE));
    update(&arms, ARMS.file("healing"));
    let quests = load(&host, QUESTS.file("heals"));
    let refusal = refused(arms.rollback());
    says(
        &refusal,
        &["heal(): was `fn heal(by: u32) -> u32`, which `quests` 1.2.0 imports, now absent"],
    );
    let fight = function::<fn(u32, u32) -> u32>(&quests, "fight");
    assert_eq!(fight.call(9, 4).expect("a call"), 26);
}

#[test]
fn a_function_that_only_modules_called_may_go_with_the_last_of_them() {
    let host = host();
    let arms = load(&host, ARMS.file(BASE));
    // As far as anybody knows, a host may hold it.
    refused(arms.update(ARMS.file("without")));
    let quests = load(&host, QUESTS.file(BASE));
    update(&quests, QUESTS.file("peaceful"));
    quests.make_permanent();
    let report = update(&arms, ARMS.file("without"));
    assert!(report.contains("damage()"), "{report}");
    // A host that holds it is asked, too.
    let (_host, arms, quests) = both();
    let _held = function::<fn(u32, u32) -> u32>(&arms, "damage");
    update(&quests, QUESTS.file("peaceful"));
    quests.make_permanent();
    refused(arms.update(ARMS.file("without")));
}

#[test]
fn two_files_show_what_is_needed_of_other_modules() {
    let [base, heals] = [BASE, "heals"].map(|variant| {
        let file = hotmod_host::inspect(QUESTS.file(variant));
        file.unwrap_or_else(|refusal| panic!("{refusal}"))
    });
    let needs: Vec<_> = base.manifest().uses["arms"].functions.keys().collect();
    assert_eq!(
        needs,
        [
            "damage", "forge", "hold", "luck", "mishap", "sharpen", "shatter", "strike", "total"
        ]
    );
    let comparison = hotmod_host::Comparison::new(&base, &heals);
    let update = comparison.update();
    let about = |path: &str| {
        let found = update.iter().find(|it| it.path == path);
        found
            .map(|it| (it.rule, it.now.as_str()))
            .unwrap_or_else(|| panic!("{update:?}"))
    };
    assert_eq!(
        about("import arms::damage()"),
        (Rule::ImportRemoved, "not needed")
    );
    assert_eq!(
        about("import arms::heal()"),
        (
            Rule::ImportAdded,
            "`fn heal(by: u32) -> u32`, which module `arms` must have"
        )
    );
    assert!(update.iter().all(|it| !it.rule.refuses()), "{update:?}");
}

#[test]
fn a_host_says_who_uses_whom() {
    let (_host, arms, quests) = both();
    let all = "damage, forge, hold, luck, mishap, sharpen, shatter, strike, total";
    let said = |uses: Vec<hotmod_host::ModuleUse>| -> Vec<String> {
        uses.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        said(arms.users()),
        [format!("quests 1.0.0 (current) calls arms: {all}")]
    );
    assert_eq!(said(quests.uses()), said(arms.users()));
    assert!(arms.uses().is_empty() && quests.users().is_empty());
    update(&quests, QUESTS.file("peaceful"));
    let peaceful = "forge, hold, luck, mishap, sharpen, shatter, strike, total";
    assert_eq!(
        said(arms.users()),
        [
            format!("quests 1.0.0 (rollback target) calls arms: {all}"),
            format!("quests 1.1.0 (current) calls arms: {peaceful}"),
        ]
    );
    quests.make_permanent();
    assert_eq!(arms.users().len(), 1);
}
