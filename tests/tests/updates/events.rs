//! Which events tell of updates, and in which order.

use std::cell::RefCell;
use std::fs;
use std::rc::Rc;

use hotmod_host::UpdateState::*;
use hotmod_host::{Event, RefusalStage};
use hotmod_tests::ledger::{create, file, ledger, roll_back, states, update};
use hotmod_tests::listener::{Told, listen};

use super::*;

/// All events so far.
fn told(events: &Events) -> Vec<Event> {
    std::iter::from_fn(|| events.try_next()).collect()
}

#[test]
fn an_update_tells_each_of_its_states() {
    let host = host();
    let module = load(&host, BASE);
    let events = host.events();
    update(&module, "second");
    let first = told(&events);
    assert_eq!(
        states(&first),
        [
            Inspecting, Verifying, Planning, Staging, Linking, Preparing, Published, Draining,
            Drained
        ]
    );
    for (number, event) in first.iter().enumerate() {
        assert_eq!((event.update, &*event.module), (1, "ledger"));
        assert_eq!(&*event.from, "1.0.0");
        // The file's version is known as soon as it was inspected.
        assert_eq!(event.to.as_deref(), (number > 0).then_some("1.1.0"));
        assert_eq!(event.reason, None);
        assert!(event.time >= first[0].time);
    }

    // A file that was loaded once is neither staged nor linked again.
    update(&module, BASE);
    let second = told(&events);
    assert_eq!(
        states(&second),
        [
            Inspecting, Verifying, Planning, Preparing, Published, Draining, Drained
        ]
    );
    assert!(second.iter().all(|event| event.update == 2));
    update(&module, BASE);
    assert_eq!(states(&told(&events)), [Inspecting, Unchanged]);
}

#[test]
fn a_refusal_is_told_with_its_reason_at_each_stage() {
    let folder = tempfile::tempdir().expect("a folder");
    let copies = folder.path().join("copies");
    let host = builder().stage_dir(&copies).build().expect("a host");
    let module = load(&host, BASE);
    let events = host.events();
    let cases = [
        (
            folder.path().join("nothing.so"),
            RefusalStage::Inspect,
            &[Inspecting][..],
        ),
        (
            file("annex"),
            RefusalStage::Verify,
            &[Inspecting, Verifying],
        ),
        (
            file("shrunk"),
            RefusalStage::Compare,
            &[Inspecting, Verifying, Planning],
        ),
        (
            file("second"),
            RefusalStage::Stage,
            &[Inspecting, Verifying, Planning, Staging],
        ),
    ];
    for (file, stage, reached) in cases {
        if stage == RefusalStage::Stage {
            fs::remove_dir_all(&copies).expect("the copies");
            fs::write(&copies, "no directory").expect("a file");
        }
        let refusal = module.update(&file).expect_err("a refusal");
        assert_eq!(refusal.stage(), stage, "{refusal}");
        let told = told(&events);
        assert_eq!(states(&told), [reached, &[Refused]].concat());
        let last = told.last().expect("an event");
        assert_eq!(last.reason, Some(refusal.to_string()));
        assert_eq!(last.to.as_deref(), refusal.version());
    }
}

#[test]
fn going_back_is_told_as_an_update_of_its_own_and_ends_the_one_before() {
    let host = host();
    let module = load(&host, BASE);
    update(&module, "grown");
    let events = host.events();
    roll_back(&module);
    let refusal = module.rollback().expect_err("nothing to go back to");
    let told = told(&events);
    let of = |number: u64| {
        let of_it = told.iter().filter(|event| event.update == number);
        of_it.cloned().collect::<Vec<Event>>()
    };
    let (undone, back, refused) = (of(1), of(2), of(3));
    assert_eq!(states(&undone), [RolledBack]);
    let [undone] = &undone[..] else {
        panic!("{told:#?}")
    };
    let versions = (&*undone.from, undone.to.as_deref());
    assert_eq!(versions, ("1.0.0", Some("2.0.0")));
    assert_eq!(undone.reason.as_deref(), Some("it was asked for"));

    let expected = [Planning, Preparing, Published, Draining, Drained];
    assert_eq!(states(&back), expected);
    for event in &back {
        let versions = (&*event.from, event.to.as_deref());
        assert_eq!((versions, &event.reason), (("2.0.0", Some("1.0.0")), &None));
    }
    assert_eq!(states(&refused), [Refused]);
    assert_eq!(refused[0].reason, Some(refusal.to_string()));
    assert_eq!(told.len(), 7, "{told:#?}");
}

#[test]
fn subscribers_hear_the_same_and_end_with_the_host() {
    let host = host();
    let module = load(&host, BASE);
    let (one, other) = (host.events(), host.events());
    drop(host.events());
    let ledger = create(&module);
    update(&module, "second");
    drop((host, module));
    assert!(one.wait_timeout(Duration::ZERO).is_some());
    drop(ledger);
    let (one, other): (Vec<_>, Vec<_>) = (one.collect(), other.collect());
    assert_eq!(one, other[1..]);
    assert_eq!(one.len(), 8);
}

#[test]
fn tracing_hears_of_updates_in_their_spans() {
    let module = ledger();
    let all = Rc::new(RefCell::new(Vec::<Told>::new()));
    let heard = all.clone();
    let hear = move |told| heard.borrow_mut().push(told);
    listen(hear, || {
        update(&module, "second");
        module.update(file("shrunk")).expect_err("a refusal");
    });
    let all = all.borrow();
    let spans: Vec<_> = all.iter().filter(|told| told.span.is_some()).collect();
    assert_eq!(spans.len(), 2);
    for (number, span) in (1..).zip(&spans) {
        assert_eq!(span.span, Some("update"));
        let from = ["from=1.0.0", "from=1.1.0"][number - 1];
        for field in [&format!("update={number}"), "module=ledger", from] {
            assert!(span.fields.iter().any(|known| known == field), "{span:?}");
        }
    }
    let states: Vec<&str> = all
        .iter()
        .flat_map(|told| &told.fields)
        .filter_map(|field| field.strip_prefix("state="))
        .collect();
    let published = [
        "inspecting",
        "verifying",
        "planning",
        "staging",
        "linking",
        "preparing",
        "published",
        "draining",
        "drained",
    ];
    let refused = ["inspecting", "verifying", "planning", "refused"];
    assert_eq!(states, [&published[..], &refused].concat());
    let fields = |field: &str| {
        all.iter()
            .any(|told| told.fields.iter().any(|it| it.starts_with(field)))
    };
    assert!(fields("to=1.1.0") && fields("reason=module `ledger` 4.0.0"));
}
