//! What a check sees of a new state belongs to the old state until the check has decided. A check that
//! refuses the state and has kept an owner of an item is told of that, and overruled.

use std::sync::LazyLock;

use hotmod_host::{Host, Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::witness::Witness;

use super::{create, update};

const WIDER: Edit = ("    number: u32,", "    number: u64,");

/// A check that does this, and then refuses the state or does not.
fn check(does: &'static str, ends: &'static str) -> String {
    format!(
        "#[hotmod::after_migrate]
fn check(world: &World, _: &hotmod::VersionInfo<'_>) -> Result<(), String> {{
    {does}
    {ends}
}}"
    )
}

/// What a check keeps.
const KEEPS: &[(&str, &str)] = &[
    ("an-owner", "KEPT.lock().unwrap().push(world.node.clone());"),
    (
        "an-owner-within",
        "KEPT.lock().unwrap().extend(world.node.next.clone());",
    ),
    (
        "a-weak-one",
        "KEPT_WEAK.lock().unwrap().push(world.leads.clone());",
    ),
    (
        "a-weak-one-of-its-own",
        "KEPT_WEAK.lock().unwrap().push(Arc::downgrade(&world.node));",
    ),
    (
        "in-the-state-itself",
        "world.cache.lock().unwrap().push(world.node.clone());",
    ),
];
/// What a check may do without being overruled.
const LEAVES: &[(&str, &str)] = &[
    ("nothing", "let _ = world.node.clone();"),
    // Its own copy, and one of the state's: an item that did not change is as good an owner as any.
    (
        "copies",
        "KEPT.lock().unwrap().push(Arc::new(Node { next: None, ..(*world.node).clone() }));",
    ),
    (
        "unchanged-owner",
        "KEPT_NAMES.lock().unwrap().push(world.names.clone());",
    ),
];
/// A thread has the node, for as long as a number says.
const LENDS: (&str, &str) = (
    "a-thread",
    "static TIMES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let times = TIMES.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 64;
    let node = Arc::downgrade(&world.node);
    let thread = std::thread::spawn(move || look_at(node, times));
    THREADS.lock().unwrap().push(thread);",
);
const REFUSES: &str = "Err(\"it does not please\".to_owned())";
const PANICS: &str = "panic!(\"it does not please\")";

/// Each check with the name of its variant.
static CHECKS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let all = KEEPS.iter().chain(LEAVES).chain([&LENDS]);
    let each = |(name, does): &(&str, &'static str)| {
        let ends = [
            ("refuses", REFUSES),
            ("panics", PANICS),
            ("agrees", "Ok(())"),
        ];
        ends.map(|(how, ends)| (format!("{name}-{how}"), check(does, ends)))
    };
    all.flat_map(each).collect()
});

static WITNESS: LazyLock<Built> = LazyLock::new(|| {
    let plain = Family::new("witness").variant("plain", &[WIDER]);
    let add = |family: Family, (name, check): &'static (String, String)| {
        family.variant(name, &[WIDER, ("// hooks", check)])
    };
    CHECKS.iter().fold(plain, add).build()
});

fn loaded() -> (Host, Module<dyn Witness>, Instance<dyn Witness>, String) {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Witness>(WITNESS.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let world = create(&module, "");
    let shown = world.show().expect("a call");
    (host, module, world, shown)
}

fn kept(module: &Module<dyn Witness>) -> String {
    let kept = module.function::<fn() -> String>("kept");
    kept.expect("the export").call().expect("a call")
}

#[test]
fn a_check_that_keeps_what_it_refuses_is_overruled_and_told() {
    for (name, _) in KEEPS {
        for how in ["refuses", "panics"] {
            let (host, module, mut world, shown) = loaded();
            let variant = format!("{name}-{how}");
            let events = host.events();
            update(&module, WITNESS.file(&variant));
            let migrated = world.migrate();
            migrated.unwrap_or_else(|error| panic!("{variant}: {error}"));
            let told: Vec<String> = std::iter::from_fn(|| events.try_next())
                .map(|event| event.to_string())
                .filter(|event| event.contains("check overruled"))
                .collect();
            assert_eq!(told.len(), 1, "{variant}: {told:?}");
            assert!(told[0].contains("it does not please"), "{told:?}");
            assert!(
                told[0].contains("kept an `Arc`, `Rc` or `Weak`"),
                "{told:?}"
            );
            let now = world.show().expect("a call");
            let cached = *name == "in-the-state-itself";
            assert_eq!(now[..now.len() - 1], shown[..shown.len() - 1], "{variant}");
            assert!(now.ends_with(if cached { "1" } else { "0" }), "{now}");
            // What was kept outlives the state.
            drop(world);
            let kept = kept(&module);
            match *name {
                "an-owner" => assert!(kept.contains("\"first\""), "{kept}"),
                "an-owner-within" => assert!(kept.contains("\"second\""), "{kept}"),
                "in-the-state-itself" => assert_eq!(kept, ""),
                _ => assert_eq!(kept, "None"),
            }
        }
    }
}

#[test]
fn a_check_that_keeps_nothing_of_it_counts() {
    for (name, _) in LEAVES {
        for how in ["refuses", "panics"] {
            let (_host, module, mut world, shown) = loaded();
            update(&module, WITNESS.file(&format!("{name}-{how}")));
            for _ in 0..3 {
                let error = world.migrate().expect_err("the check refuses it");
                assert!(error.reason.ends_with("it does not please"), "{error}");
                assert_eq!(world.show().expect("a call"), shown);
            }
            drop(world);
            let kept = kept(&module);
            let times = match *name {
                "nothing" => 0,
                _ => 3,
            };
            assert_eq!(
                kept.matches("\"first\"").count() + kept.matches("a name").count(),
                times
            );
        }
    }
}

#[test]
fn a_check_that_agrees_may_keep_what_it_likes() {
    for (name, _) in KEEPS.iter().chain(LEAVES) {
        let (_host, module, mut world, shown) = loaded();
        update(&module, WITNESS.file(&format!("{name}-agrees")));
        world
            .migrate()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let now = world.show().expect("a call");
        assert_eq!(now[..now.len() - 1], shown[..shown.len() - 1], "{name}");
        drop(world);
        kept(&module);
    }
}

/// A rehearsal in the process abandons what it made, so it runs no check that could keep some of that.
#[test]
fn a_rehearsal_in_the_process_leaves_nothing_to_be_kept() {
    for (name, _) in KEEPS {
        let (_host, module, mut world, shown) = loaded();
        let variant = format!("{name}-refuses");
        let candidate = module.candidate(WITNESS.file(&variant));
        let candidate = candidate.unwrap_or_else(|refusal| panic!("{refusal}"));
        for _ in 0..3 {
            world.rehearse(&candidate).expect("every value fits");
            assert_eq!(world.show().expect("a call"), shown);
        }
        drop(candidate);
        update(&module, WITNESS.file(&variant));
        assert_eq!(kept(&module), "", "the check was not asked");
    }
}

/// Whether a thread that a check has started still has some of the new state when the check is over is
/// different each time. The state is refused or kept accordingly, and whole.
#[test]
fn a_check_that_lends_what_it_refuses_to_a_thread_is_overruled_or_not() {
    let (mut refused, mut overruled) = (0_u64, 0_u64);
    let (_host, module, world, shown) = loaded();
    drop(world);
    super::while_threads_run(|| {
        for _ in 0..64 {
            let mut world = create(&module, "");
            update(&module, WITNESS.file("a-thread-refuses"));
            match world.migrate() {
                Ok(_) => overruled += 1,
                Err(error) => {
                    assert!(error.reason.ends_with("it does not please"), "{error}");
                    refused += 1;
                }
            }
            kept(&module);
            assert_eq!(world.show().expect("a call"), shown);
            drop(world);
            module.rollback().expect("nothing is at the newer one");
        }
    });
    println!("refused {refused} times, overruled {overruled}");
    assert!(refused + overruled > 0);
}
