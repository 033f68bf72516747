//! Imports that a host does not provide as the module needs them.

use super::*;

fn refusal<T>(result: Result<T, Refusal>) -> Refusal {
    match result {
        Ok(_) => panic!("it is not refused"),
        Err(refusal) => refusal,
    }
}

/// The rules that refuse, each with its path.
fn reasons(refusal: &Refusal) -> Vec<(Rule, &str)> {
    let refusing = refusal.differences().iter().filter(|d| d.rule.refuses());
    refusing.map(|d| (d.rule, d.path.as_str())).collect()
}

#[test]
fn a_host_that_provides_nothing_is_told_all_that_is_needed() {
    let host = Host::builder().build().expect("a host");
    let refusal = refusal(host.load_untyped(FILES.file(BASE)));
    assert_eq!(refusal.stage(), RefusalStage::Compare);
    let names = [
        "deliver", "double", "eight", "fail", "go_on", "letters", "note", "nothing",
    ];
    let paths = names.map(|name| format!("import {name}()"));
    let missing: Vec<_> = paths
        .iter()
        .map(|path| (Rule::ImportMissing, path.as_str()))
        .collect();
    assert_eq!(reasons(&refusal), missing);
    let said = refusal.to_string();
    let part = "\n  import go_on(): expected a host that provides `fn go_on(depth: u32, trail: \
                Vec<String>) -> Vec<String>`, found one that does not [HM-0111]\n    help: provide it when \
                the host is built: `Host::builder().provide(\"go_on\", |depth: u32, trail: \
                Vec<String>| -> Vec<String> { … })`";
    assert!(said.contains(part), "{said}");
    assert!(host.module("relay").is_none());
}

#[test]
fn another_signature_is_refused_at_its_place() {
    let notes = Notes::default();
    let host = builder(&notes)
        .provide("fail", |_: u32| -> u32 { 0 })
        .provide("go_on", |_: u32| Vec::<String>::new())
        .provide("nothing", || 0_u8)
        .provide("double", |_: &[u64]| {})
        .build()
        .expect("a host");
    let refusal = refusal(host.load_untyped(FILES.file(BASE)));
    assert_eq!(
        reasons(&refusal),
        [
            (Rule::ArgumentRetyped, "import double(numbers)"),
            (Rule::ArgumentRetyped, "import fail(text)"),
            (Rule::ArgumentAdded, "import go_on()"),
            (Rule::ReturnChanged, "import nothing() ->"),
        ]
    );
    let said = refusal.to_string();
    let part = "\n  import fail(text): was `u32`, now `&str` [HM-0105]\n    help: the host provides what it was \
                compiled with: keep the type and import the new one under another name, or pass a type of your own";
    assert!(said.contains(part), "{said}");
    assert_eq!(notes.take(), [""; 0], "nothing of it has run");
}

#[test]
fn an_update_that_needs_more_is_refused_until_a_host_provides_it() {
    let notes = Notes::default();
    let module = load(&host(&notes), FILES.file(BASE));
    let refused = refusal(module.update(FILES.file("more")));
    assert_eq!(refused.stage(), RefusalStage::Compare);
    assert_eq!(refused.running(), Some("1.0.0"));
    assert_eq!(reasons(&refused), [(Rule::ImportMissing, "import more()")]);
    assert!(refused.to_string().contains("1.0.0 keeps running"));
    assert_eq!(module.versions().len(), 1);
    let code = function::<fn() -> String>(&module, "code_after_note");
    assert_eq!(code.call().expect("a call"), "first first");

    let host = builder(&notes)
        .provide("more", |text: &str, loud: bool| format!("{text} {loud}"))
        .build()
        .expect("a host");
    let module = load(&host, FILES.file(BASE));
    let update = module.update(FILES.file("more"));
    let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.verdict, Verdict::Adopt);
    let said: Vec<_> = update.differences.iter().map(ToString::to_string).collect();
    assert!(
        said.contains(
            &"import more(): was absent, now `fn more(text: &str, loud: bool) -> String`, which \
              the host must provide"
                .to_owned()
        ),
        "{said:?}"
    );
    let more = function::<fn(&str) -> String>(&module, "say_more");
    assert_eq!(more.call("more").expect("a call"), "more true");
}

#[test]
fn an_update_that_needs_less_is_none_of_the_hosts_business() {
    let module = load(&host(&Notes::default()), FILES.file(BASE));
    let update = module.update(FILES.file("fewer"));
    let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
    let changed: Vec<_> = update
        .differences
        .iter()
        .map(|d| (d.rule, d.path.as_str()))
        .collect();
    assert_eq!(changed, [(Rule::ImportRemoved, "import nothing()")]);
}

#[test]
fn an_update_that_declares_an_import_otherwise_is_refused() {
    let notes = Notes::default();
    let module = load(&host(&notes), FILES.file(BASE));
    let refused = refusal(module.update(FILES.file("another-result")));
    assert_eq!(
        reasons(&refused),
        [(Rule::ReturnChanged, "import fail() ->")],
        "told once, though it differs from what runs and from what is provided"
    );
    let refused = refusal(module.update(FILES.file("another-argument")));
    assert_eq!(
        reasons(&refused),
        [(Rule::ArgumentRetyped, "import note(text)")]
    );
    assert_eq!(notes.take(), [""; 0], "nothing of it has run");
}

#[test]
fn a_type_of_another_layout_is_converted_where_it_can_be() {
    let notes = Notes::default();
    let module = load(&host(&notes), FILES.file(BASE));
    let update = module.update(FILES.file("another-letter"));
    let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
    let listed: Vec<_> = update
        .differences
        .iter()
        .map(|it| (it.rule, it.path.as_str()))
        .collect();
    for expected in [
        (Rule::CallConverted, "import deliver(letter).grams"),
        (Rule::CallMayFail, "import deliver() -> ?.grams"),
        (Rule::CallConverted, "import letters(by_value)[].grams"),
    ] {
        assert!(listed.contains(&expected), "{expected:?}: {update}");
    }
    let everything = function::<fn() -> Vec<String>>(&module, "everything");
    let said = everything.call().expect("a call");
    assert_eq!(
        said[..5],
        [
            "ada 21 [1, 2, 7]",
            "too heavy for ada and für 🎁",
            "[1, 4, 6]",
            "3 Some(\"b\")",
            "3 Some(\"c\")",
        ]
    );
}

#[test]
fn a_function_may_be_provided_that_no_module_needs() {
    let host = builder(&Notes::default())
        .provide("spare", |_: &Letter, _: &mut [u8]| Some(1_u8))
        .build()
        .expect("a host");
    load(&host, FILES.file(BASE));
}

#[test]
fn a_constructor_comes_too_early_to_call_the_host() {
    let called = Arc::new(AtomicU32::new(0));
    let count = called.clone();
    let host = builder(&Notes::default())
        .provide("nothing", move || {
            // Relaxed: read on this thread.
            count.fetch_add(1, Ordering::Relaxed);
        })
        .build()
        .expect("a host");
    let module = load(&host, FILES.file("constructor"));
    let early = function::<fn() -> bool>(&module, "early");
    assert!(early.call().expect("a call"), "the call panicked");
    assert_eq!(called.load(Ordering::Relaxed), 0);
}
