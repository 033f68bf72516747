//! Values of foreign types that are moved as their bytes where nothing has changed, since their author says that they may
//! be. Those of the library fail when they are asked for their forms.

use std::sync::LazyLock;

use hotmod_host::{Host, Instance, Module};
use hotmod_tests::compiler::OTHERS;
use hotmod_tests::fixture::{BASE, Built, Family};

#[hotmod::interface]
trait Tracked {
    fn kept(&self) -> String;
    fn anew(&self) -> String;
}

fn family() -> Family {
    Family::new("tracked")
        .variant(
            "grown",
            &[
                ("    // more", "    #[state(default = 7)]\n    more: u64,"),
                ("        // made", "        more: 7,"),
            ],
        )
        .variant(
            "wider",
            &[
                ("    // wider", "    #[state(default = 1)]\n    column: u8,"),
                (" /* item */", ", column: 1"),
            ],
        )
}

static TRACKED: LazyLock<Built> = LazyLock::new(|| family().build());

/// With another version of the library.
static LATER: LazyLock<Built> = LazyLock::new(|| {
    family()
        .library(
            "later",
            &[("//! Version 1 of a crate", "//! Version 2 of a crate")],
        )
        .build()
});

fn base() -> (Host, Module<dyn Tracked>, Instance<dyn Tracked>) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Tracked>(TRACKED.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let world = module.create("").expect("an instance");
    (host, module, world)
}

fn update(module: &Module<dyn Tracked>, file: impl AsRef<std::path::Path>) {
    let update = module.update(file);
    update.unwrap_or_else(|refusal| panic!("{refusal}"));
}

#[test]
fn what_has_not_changed_is_moved_and_moved_back() {
    let (_host, module, mut world) = base();
    let (kept, anew) = (world.kept().expect("a call"), world.anew().expect("a call"));
    update(&module, TRACKED.file("grown"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.kept().expect("a call"), kept);
    let later = world.anew().expect("a call");
    assert_eq!(later.split(' ').next(), anew.split(' ').next());
    assert_ne!(later, anew);
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.kept().expect("a call"), kept);
}

#[test]
fn what_it_is_made_of_is_asked_for_where_that_has_changed() {
    let (_host, module, mut world) = base();
    let kept = world.kept().expect("a call");
    update(&module, TRACKED.file("wider"));
    let error = world.migrate().expect_err("an item has grown");
    assert_eq!(error.path, "World.items.0", "{error}");
    assert!(error.reason.contains("asked for their form"), "{error}");
    assert_eq!(world.kept().expect("a call"), kept);
}

#[test]
fn no_value_is_moved_to_another_version_of_its_crate_or_another_compiler() {
    let others = OTHERS
        .iter()
        .map(|rustc| family().compiler(rustc.clone()).build().file("grown"));
    for file in others.chain([LATER.file("grown")]) {
        let (_host, module, mut world) = base();
        let kept = world.kept().expect("a call");
        update(&module, file);
        let error = world.migrate().expect_err("another layout, perhaps");
        assert_eq!(error.path, "World.kept.0", "{error}");
        assert!(error.reason.contains("asked for its form"), "{error}");
        assert_eq!(world.kept().expect("a call"), kept);
    }
}
