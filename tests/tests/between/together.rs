//! Modules that were updated together go back together.

use std::time::Duration;

use hotmod_host::{CallLimits, RollbackOptions, UpdateState};

use super::refused::{refused, says};
use super::*;

/// Both modules, updated together to versions of which neither goes without the other's.
fn healing() -> (Host, Module<Untyped>, Module<Untyped>) {
    let (host, arms, quests) = both();
    heal(&host, (&arms, &quests), &UpdateOptions::new());
    (host, arms, quests)
}

fn heal(
    host: &Host,
    (arms, quests): (&Module<Untyped>, &Module<Untyped>),
    options: &UpdateOptions,
) {
    let files = [(arms, ARMS.file("heals")), (quests, QUESTS.file("heals"))];
    let reports = host.update_all(files, options);
    reports.unwrap_or_else(|refusal| panic!("{refusal}"));
}

fn fight(quests: &Module<Untyped>) -> u32 {
    let fight = function::<fn(u32, u32) -> u32>(quests, "fight");
    fight.call(9, 4).expect("a call")
}

#[test]
fn modules_go_back_together_where_neither_could_alone() {
    let (host, arms, quests) = healing();
    for (alone, other) in [(&arms, "quests"), (&quests, "arms")] {
        let help = format!("`{other}` back, in one `Host::rollback_all` with this");
        says(&refused(alone.rollback()), &[&help]);
    }
    for modules in [[&quests, &arms], [&arms, &quests]] {
        assert_eq!(fight(&quests), 26);
        let reports = host.rollback_all(modules, &RollbackOptions::new());
        let reports = reports.unwrap_or_else(|refusal| panic!("{refusal}"));
        // In the order in which they were named.
        for (report, module) in reports.iter().zip(modules) {
            assert_eq!(
                (&*report.module, &*report.from, &*report.to),
                (module.name(), "1.2.0", "1.0.0")
            );
        }
        assert_eq!(fight(&quests), 6);
        heal(&host, (&arms, &quests), &UpdateOptions::new());
    }
    assert_eq!(fight(&quests), 26);
}

#[test]
fn of_modules_that_go_back_together_all_do_or_none() {
    let (host, arms, quests) = healing();
    quests.make_permanent();
    let events = host.events();
    let all = host.rollback_all([&arms, &quests], &RollbackOptions::new());
    says(&refused(all), &["the version before", "none"]);
    assert_eq!((arms.version(), quests.version()), ("1.2.0", "1.2.0"));
    assert_eq!(fight(&quests), 26);
    let told: Vec<_> = std::iter::from_fn(|| events.try_next())
        .filter(|it| it.state == UpdateState::Refused)
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    let of_arms = told.iter().find(|it| it.module == "arms").expect("told");
    let reason = of_arms.reason.as_deref().unwrap_or_default();
    assert!(
        reason.contains("another module of the transaction is refused"),
        "{reason}"
    );
    let twice = host.rollback_all([&arms, &arms], &RollbackOptions::new());
    says(&refused(twice), &["module `arms`", "named twice"]);
    let none: [&Module<Untyped>; 0] = [];
    assert!(
        host.rollback_all(none, &RollbackOptions::new())
            .expect("nothing")
            .is_empty()
    );
}

#[test]
fn what_a_third_module_needs_by_now_is_kept() {
    let host = host();
    let arms = load(&host, ARMS.file(BASE));
    update(&arms, ARMS.file("healing"));
    let quests = load(&host, QUESTS.file("heals"));
    let refusal = refused(host.rollback_all([&arms], &RollbackOptions::new()));
    says(&refusal, &["heal()", "which `quests` 1.2.0 imports"]);
    assert_eq!(fight(&quests), 26);
}

#[test]
fn what_undoes_an_update_undoes_all_that_was_updated_with_it() {
    let (host, arms, quests) = both();
    let survive = function::<fn(&str) -> String>(&quests, "survive");
    let limits = CallLimits::new().panics(0.0);
    let options = UpdateOptions::new().probation(Duration::from_secs(3600), limits);
    heal(&host, (&arms, &quests), &options);
    let events = host.events();
    assert_eq!(survive.call("ice").expect("a call"), "ice shatters");
    let mut undone: Vec<String> = events
        .into_iter()
        .filter(|event| {
            assert_ne!(event.state, UpdateState::Refused, "{event:?}");
            event.state == UpdateState::RolledBack
        })
        .map(|event| event.module)
        .take(2)
        .collect();
    undone.sort();
    assert_eq!(undone, ["arms", "quests"]);
    assert_eq!(fight(&quests), 6);
}
