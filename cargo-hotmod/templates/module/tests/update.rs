//! What becomes of the state of the last release, once the code in `src` takes its place.

use std::error::Error;
use std::path::PathBuf;

use hotmod_host::{Host, testing};

use hotmod_new_interface::Greeter;

/// The module of `examples/released.rs`, which cargo builds with the tests.
fn released() -> Result<PathBuf, Box<dyn Error>> {
    let test = std::env::current_exe()?;
    let profile = test
        .ancestors()
        .nth(2)
        .ok_or("a test lies in `target/debug/deps`")?;
    Ok(profile.join("examples/libreleased.so"))
}

#[test]
fn what_the_last_release_remembers_survives() -> Result<(), Box<dyn Error>> {
    let host = Host::builder().stub_imports(true).build()?;
    let module = host.load::<dyn Greeter>(released()?)?;
    let mut world = module.create("hello")?;
    world.greet("ada")?;
    module.update(testing::build()?)?;
    // The words may be others by now.
    assert!(world.greet("ada")?.contains('2'));
    assert_eq!(world.visits()?, 2);
    Ok(())
}
