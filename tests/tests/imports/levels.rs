//! Host → module → host → module: any number of levels, a panic at each, and an update below them.

use super::*;
use hotmod_host::Panicked;

type Trail = fn(u32, Vec<String>) -> Vec<String>;

/// Two modules, of which each goes on to the other through the host, and `name` of the first.
fn pair(name: &str, go_on_to: [&str; 2]) -> Function<Trail> {
    let next = Arc::new(OnceLock::<[Function<Trail>; 2]>::new());
    let known = next.clone();
    let host = builder(&Notes::default())
        .provide("go_on", move |depth: u32, mut trail: Vec<String>| {
            trail.push("host".to_owned());
            let to = &known.get().expect("both are loaded")[depth as usize % 2];
            match to.call(depth, trail) {
                Ok(mut trail) => {
                    trail.push("host".to_owned());
                    trail
                }
                Err(error) => panic!("{error}"),
            }
        })
        .build()
        .expect("a host");
    let modules = [BASE, "other"].map(|variant| load(&host, FILES.file(variant)));
    let [first, other] = &modules;
    let functions = [
        function::<Trail>(other, go_on_to[0]),
        function::<Trail>(first, go_on_to[1]),
    ];
    assert!(next.set(functions).is_ok());
    function::<Trail>(first, name)
}

fn panicked<T: std::fmt::Debug>(result: Result<T, CallError>) -> Panicked {
    match result.expect_err("a panic") {
        CallError::Panicked(panicked) => *panicked,
        other => panic!("{other}"),
    }
}

#[test]
fn host_and_modules_call_each_other_at_any_depth() {
    let relay = pair("relay", ["relay", "relay"]);
    let trail = relay.call(3, vec![]).expect("a call");
    assert_eq!(
        trail,
        [
            "first 3", "host", "other 2", "host", "first 1", "host", "other 0", "host", "first 1",
            "host", "other 2", "host", "first 3",
        ]
    );
    // Neither side keeps anything of the calls that it was in.
    for depth in [0, 1, 200] {
        let trail = relay.call(depth, vec![]).expect("a call");
        assert_eq!(trail.len(), depth as usize * 4 + 1, "{depth}");
    }
}

/// Where the calls of `go_on` and `fail` stand in the module.
fn line(text: &str) -> u32 {
    let source = include_str!("../../fixtures/relay/module.rs");
    let line = source.lines().position(|line| line.contains(text));
    line.expect("a line of the module") as u32 + 1
}

#[test]
fn a_panic_of_the_host_reaches_the_outer_caller() {
    let module = load(&host(&Notes::default()), FILES.file(BASE));
    let failing = function::<fn(&str) -> u32>(&module, "failing");
    for _ in 0..3 {
        let panicked = panicked(failing.call("no"));
        assert_eq!(panicked.export, "failing");
        assert_eq!(panicked.version, "1.0.0");
        assert_eq!(panicked.message, "the host fails: no");
        let location = panicked.location.expect("the place of the call");
        assert!(location.file.ends_with("module.rs"), "{location}");
        assert_eq!(location.line, line("fail(text) + 1"));
    }
}

#[test]
fn a_module_may_catch_a_panic_of_the_host() {
    let module = load(&host(&Notes::default()), FILES.file(BASE));
    let caught = function::<fn(String) -> String>(&module, "caught");
    for text in ["once", "twice"] {
        let message = caught.call(text.to_owned()).expect("a call");
        assert_eq!(message, format!("the host fails: {text}"));
    }
}

#[test]
fn a_panic_that_is_no_text_is_told_as_one() {
    let host = builder(&Notes::default())
        .provide("fail", |_: &str| -> u32 { std::panic::panic_any(7) })
        .build()
        .expect("a host");
    let failing = function::<fn(&str) -> u32>(&load(&host, FILES.file(BASE)), "failing");
    let panicked = panicked(failing.call("no"));
    assert_eq!(panicked.message, "a value that is not text");
}

#[test]
fn a_panic_at_the_end_goes_through_every_level() {
    let relay = pair("relay_to_a_panic", ["relay_to_a_panic", "relay_to_a_panic"]);
    for depth in 0..5 {
        let Panicked {
            message, location, ..
        } = panicked(relay.call(depth, vec![]));
        // A place in the module that was called, though other levels panicked on this thread since.
        let place = match depth {
            0 => line("assert!(depth > 0"),
            _ => line("assert!(depth > 0") + 1,
        };
        assert_eq!(location.expect("a place").line, place);
        let end = if depth == 0 { "first" } else { "other" };
        // Each level on the way adds the code of its call.
        let end = format!("the trail ends at {end}") + &" [HM-0501]".repeat(depth as usize);
        assert!(message.ends_with(&end), "{message}");
        // Each of the host's functions on the way says which call of its own failed.
        let levels = message
            .matches("`relay_to_a_panic` of version 1.0.0")
            .count();
        assert_eq!(levels, depth as usize, "{message}");
    }
}

#[test]
fn a_panic_in_the_middle_ends_there_if_it_is_caught() {
    let notes = Notes::default();
    let caught = Arc::new(OnceLock::<Function<fn(&str) -> u32>>::new());
    let known = caught.clone();
    let host = builder(&notes)
        .provide("go_on", move |_: u32, mut trail: Vec<String>| {
            let failing = known.get().expect("it is loaded");
            trail.push(
                failing
                    .call("in the middle")
                    .expect_err("a panic")
                    .to_string(),
            );
            trail
        })
        .build()
        .expect("a host");
    let module = load(&host, FILES.file(BASE));
    assert!(caught.set(function(&module, "failing")).is_ok());
    let relay = function::<Trail>(&module, "relay");
    let trail = relay.call(1, vec![]).expect("a call");
    assert_eq!(trail[0], "first 1");
    assert!(
        trail[1].ends_with("the host fails: in the middle [HM-0501]"),
        "{}",
        trail[1]
    );
    assert_eq!(trail[2], "first 1");
}

#[test]
fn a_state_stays_as_a_panic_of_the_host_left_it() {
    let host = builder(&Notes::default())
        .provide("note", |text: &str| assert_ne!(text, "nobody"))
        .build()
        .expect("a host");
    let module = host.load::<dyn Desk>(FILES.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut desk = module.create("a desk").expect("a desk");
    assert_eq!(desk.pass("ada").expect("a call"), 1);
    desk.pass("nobody").expect_err("a panic");
    assert_eq!(desk.passed().expect("a call"), 1);
    assert_eq!(desk.pass("ada").expect("a call"), 2);
}

#[test]
fn an_update_from_inside_a_call_lets_that_call_end_where_it_began() {
    let notes = Notes::default();
    let module = Arc::new(OnceLock::<Module<Untyped>>::new());
    let known = module.clone();
    let host = builder(&notes)
        .provide("note", move |text: &str| {
            if text == "updating" {
                let module = known.get().expect("it is loaded");
                let update = module.update(FILES.file("second"));
                let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
                assert_eq!(update.to, "1.1.0");
                let code = function::<fn() -> String>(module, "code");
                assert_eq!(code.call().expect("a call"), "second");
            }
        })
        .build()
        .expect("a host");
    assert!(module.set(load(&host, FILES.file(BASE))).is_ok());
    let module = module.get().expect("it is loaded");
    let call = function::<fn() -> String>(module, "code_after_note");
    assert_eq!(call.call().expect("a call"), "first first");
    assert_eq!(module.version(), "1.1.0");
    assert_eq!(call.call().expect("a call"), "second second");
}

#[test]
fn an_update_from_inside_a_method_moves_the_state_at_its_next_call() {
    let module = Arc::new(OnceLock::<Module<dyn Desk>>::new());
    let known = module.clone();
    let host = builder(&Notes::default())
        .provide("note", move |text: &str| {
            if text == "update" {
                let module = known.get().expect("it is loaded");
                let update = module.update(FILES.file("grown"));
                update.unwrap_or_else(|refusal| panic!("{refusal}"));
                // Another instance is at the new version already.
                let mut other = module.create("another desk").expect("a desk");
                assert_eq!(other.pass("ada").expect("a call"), 1);
                assert_eq!(other.version(), "1.1.0");
            }
        })
        .build()
        .expect("a host");
    let loaded = host.load::<dyn Desk>(FILES.file(BASE));
    let loaded = loaded.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(module.set(loaded).is_ok());
    let module = module.get().expect("it is loaded");
    let mut desk = module.create("a desk").expect("a desk");
    assert_eq!(desk.pass("update").expect("a call"), 1);
    assert_eq!(desk.version(), "1.0.0");
    assert_eq!(desk.code().expect("a call"), "first");
    assert_eq!(desk.pass("ada").expect("a call"), 2);
    assert_eq!(desk.version(), "1.1.0");
    assert_eq!(desk.code().expect("a call"), "grown");
}

#[test]
fn each_version_keeps_its_imports() {
    let notes = Notes::default();
    let module = load(&host(&notes), FILES.file(BASE));
    let call = function::<fn() -> String>(&module, "code_after_note");
    for (variant, code) in [
        ("second", "second second"),
        (BASE, "first first"),
        ("second", "second second"),
    ] {
        let update = module.update(FILES.file(variant));
        let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(update.outcome, UpdateOutcome::Published);
        assert_eq!(call.call().expect("a call"), code);
        assert_eq!(notes.take(), ["updating"]);
    }
}

#[test]
fn a_pool_tells_a_host_function_that_its_instance_is_in_use() {
    let pool = Arc::new(OnceLock::<Pool<u64, dyn Desk>>::new());
    let known = Arc::downgrade(&pool);
    let notes = Notes::default();
    let heard = notes.clone();
    let host = builder(&Notes::default())
        .provide("note", move |text: &str| {
            let pool = known.upgrade();
            let Some((pool, key)) = pool
                .as_ref()
                .and_then(|p| Some((p.get()?, text.parse().ok()?)))
            else {
                return;
            };
            heard.add(&match pool.call(&key, |desk| desk.pass("ada")) {
                Ok(passed) => format!("{key} passed {passed}"),
                Err(PoolError::InUseByThisThread { .. }) => format!("{key} is in use"),
                Err(error) => panic!("{error}"),
            });
        })
        .build()
        .expect("a host");
    let module = host.load::<dyn Desk>(FILES.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let made = Pool::builder(&module).build().expect("a pool");
    assert!(pool.set(made).is_ok());
    let desks = pool.get().expect("a pool");
    for key in [1, 2] {
        desks.create(key, "a desk").expect("a desk");
    }
    for (to, said) in [
        ("1", "1 is in use"),
        ("2", "2 passed 1"),
        ("2", "2 passed 2"),
    ] {
        desks.call(&1, |desk| desk.pass(to)).expect("a call");
        assert_eq!(notes.take(), [said]);
    }
    let passed = desks.call(&1, |desk| desk.passed());
    assert_eq!(passed.expect("a call"), 3);
}
