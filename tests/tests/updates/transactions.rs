//! Several modules are updated together, or none of them.

use hotmod_host::Refusal;
use hotmod_host::describe::Rule;
use hotmod_tests::ledger::{create, file, states};

use super::*;

type Both = (Module<dyn Ledger>, Module<dyn Ledger>);

fn both(host: &Host) -> Both {
    (load(host, BASE), load(host, "annex"))
}

fn versions((ledger, annex): &Both) -> [&str; 2] {
    [ledger.version(), annex.version()]
}

fn update_all(host: &Host, files: [(&Module<dyn Ledger>, &str); 2]) -> Result<(), Refusal> {
    let files = files.map(|(module, variant)| (module, file(variant)));
    let given = files.each_ref().map(|(module, _)| module.name());
    let updates = host.update_all(files, &UpdateOptions::new())?;
    let named: Vec<_> = updates.iter().map(|update| &*update.module).collect();
    assert_eq!(named, given, "in the order they were given");
    Ok(())
}

#[test]
fn all_are_published() {
    let host = host();
    let both = both(&host);
    let (mut one, mut other) = (create(&both.0), create(&both.1));
    for (files, codes) in [
        ([(&both.0, "grown"), (&both.1, "annex-second")], [3, 2]),
        ([(&both.1, "annex"), (&both.0, BASE)], [1, 1]),
    ] {
        // The plan back from `grown` by an update loses a field, which nothing allows.
        if codes == [1, 1] {
            both.0.rollback().expect("the version before");
        }
        update_all(&host, files).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(one.book(1).expect("a call").code, codes[0]);
        assert_eq!(other.book(1).expect("a call").code, codes[1]);
    }
}

#[test]
fn one_that_is_refused_leaves_all_as_they_are() {
    let host = host();
    let both = both(&host);
    let events = host.events();
    let missing = "annex-second";
    for (files, rule) in [
        (
            [(&both.0, "shrunk"), (&both.1, missing)],
            Rule::FieldRemoved,
        ),
        ([(&both.1, missing), (&both.0, "annex")], Rule::OtherModule),
    ] {
        let refusal = update_all(&host, files).expect_err("a refusal");
        let rules: Vec<_> = refusal.differences().iter().map(|it| it.rule).collect();
        assert!(rules.contains(&rule), "{refusal}");
        assert_eq!(refusal.running(), Some("1.0.0"));
        assert_eq!(versions(&both), ["1.0.0", "1.0.0"]);
        assert_eq!((code(&both.0), code(&both.1)), (1, 1));
        assert!(both.0.rollback().is_err(), "nothing was published");
    }
    // Every update that was begun is told to have ended.
    host.update_all([(&both.0, file(BASE))], &UpdateOptions::new())
        .expect("nothing to do");
    let told = until_state(&events, UpdateState::Unchanged);
    let mut updates: Vec<_> = told.iter().map(|event| event.update).collect();
    updates.dedup();
    for update in updates {
        let of_it: Vec<_> = told.iter().filter(|event| event.update == update).collect();
        let ends = [UpdateState::Refused, UpdateState::Unchanged];
        assert!(
            ends.contains(&of_it.last().expect("an event").state),
            "{of_it:#?}"
        );
    }
    assert!(!states(&told).contains(&UpdateState::Published));
}

#[test]
fn a_module_is_named_once() {
    let host = host();
    let both = both(&host);
    let files = [(&both.0, "second"), (&both.0, "grown")];
    let refusal = update_all(&host, files).expect_err("a refusal");
    assert_eq!(refusal.differences()[0].rule, Rule::NamedTwice);
    assert_eq!(versions(&both), ["1.0.0", "1.0.0"]);
}

#[test]
fn threads_that_name_modules_in_other_orders_do_not_wait_for_each_other() {
    let host = host();
    let both = both(&host);
    thread::scope(|scope| {
        let one_order = || {
            for variants in [("second", "annex-second"), (BASE, "annex")]
                .iter()
                .cycle()
                .take(30)
            {
                let files = [(&both.0, variants.0), (&both.1, variants.1)];
                update_all(&host, files).expect("an update");
            }
        };
        let other_order = || {
            for variants in [("second", "annex-second"), (BASE, "annex")]
                .iter()
                .cycle()
                .take(30)
            {
                let files = [(&both.1, variants.1), (&both.0, variants.0)];
                update_all(&host, files).expect("an update");
            }
        };
        scope.spawn(one_order);
        scope.spawn(other_order);
    });
    // Whichever was last, it was whole.
    assert_eq!(both.0.version(), both.1.version());
}
