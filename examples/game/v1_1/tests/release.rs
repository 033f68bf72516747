//! States of the last release, in the build under test.

use std::error::Error;
use std::path::Path;

use game_interface::Game;
use hotmod_host::{Host, Pool, Snapshot, testing};

/// A project keeps the files of its releases; this one has their sources.
fn release() -> Result<std::path::PathBuf, testing::Unbuilt> {
    testing::build_of(Path::new(env!("CARGO_MANIFEST_DIR")).join("../v1_0"))
}

#[test]
fn a_world_of_the_last_release_survives() -> Result<(), Box<dyn Error>> {
    let host = Host::builder().stub_imports(true).build()?;
    let game = host.load::<dyn Game>(release()?)?;
    let mut world = game.create("seed = 7")?;
    world.hello("ada")?;
    game.update(testing::build()?)?;
    world.migrate()?;
    assert_eq!(world.version(), "1.1.0");
    let ada = world.inspect("players[7]")?.value;
    assert_eq!(ada.part("visits")?.to_string(), "1");
    assert_eq!(ada.part("standing")?.to_string(), "\"Newcomer\"");
    Ok(())
}

#[test]
fn a_snapshot_of_the_last_release_is_restored() -> Result<(), Box<dyn Error>> {
    let host = Host::builder().stub_imports(true).build()?;
    let game = host.load::<dyn Game>(release()?)?;
    let worlds: Pool<u64, dyn Game> = Pool::builder(&game).name("worlds").build()?;
    worlds.create(1, "seed = 7")?;
    worlds.call(&1, |world| world.hello("ada"))?;
    let (bytes, _) = host.snapshot_to(Vec::new())?;

    let host = Host::builder().stub_imports(true).build()?;
    let game = host.load::<dyn Game>(testing::build()?)?;
    let worlds: Pool<u64, dyn Game> = Pool::builder(&game).name("worlds").build()?;
    let report = worlds.restore(&Snapshot::of(bytes)?)?;
    assert_eq!((report.restored, report.unrestored.len()), (1, 0));
    let visits = worlds.inspect(&1, "players[7].visits")?.value;
    assert_eq!(visits.to_string(), "1");
    Ok(())
}
