//! Every macro under another crate name and edition.
#![forbid(unsafe_code)]

modules::module! { name: "renamed", version: env!("CARGO_PKG_VERSION"), crate: modules }

/// What an interface crate would offer: hotmod under a path of its own.
pub mod reexported {
    pub use modules;
}

/// A player.
#[derive(modules::StableState, Clone)]
#[state(crate = ::modules)]
pub struct Player<T> {
    /// How many points.
    pub score: T,
}

/// A state.
#[derive(modules::StableState)]
#[state(crate = crate::reexported::modules)]
pub enum World {
    /// Without players.
    Empty,
    /// With players.
    Full(Vec<Player<u32>>),
}

/// A state that is converted.
#[derive(modules::StableState)]
#[state(crate = crate::reexported::modules, was = "Old", removed("gone"))]
pub struct Converted<T: Default> {
    /// New.
    #[state(default)]
    pub new: T,
    /// Grown.
    #[state(fill = 3)]
    pub grown: [u8; 2],
    /// Of another type.
    #[state(with = text)]
    pub text: String,
    /// Made anew.
    #[state(skip, init = Vec::new)]
    pub cache: Vec<fn()>,
}

fn text(old: &u32) -> String {
    old.to_string()
}

/// An interface.
#[modules::interface(crate = modules)]
pub trait Game {
    /// Lets a player in.
    fn join(&mut self, player: Player<u32>) -> usize;
}

#[modules::export(crate = modules)]
impl Game for World {
    fn join(&mut self, player: Player<u32>) -> usize {
        let mut players = match self {
            World::Empty => Vec::new(),
            World::Full(players) => std::mem::take(players),
        };
        players.push(player);
        let count = players.len();
        *self = World::Full(players);
        count
    }
}

/// A function.
#[modules::export(pure, crate = crate::reexported::modules)]
pub fn double(number: u32) -> u32 {
    number * 2
}

/// A function of the host.
#[modules::import(crate = modules, stand_in = double)]
pub fn doubled(number: u32) -> u32;

/// Another.
#[modules::import(stand_in = double, crate = crate::reexported::modules)]
pub fn doubled_too(number: u32) -> u32;

/// A migration.
#[modules::migrate(crate = modules)]
pub fn migrated(_old: &modules::Old<'_>) -> World {
    World::Empty
}

/// What the world was.
#[derive(modules::OldState)]
#[state(crate = modules, id = "World")]
pub struct OldWorld {
    /// A name.
    pub name: String,
}

/// A migration down.
#[modules::migrate(down, crate = modules)]
pub fn taken_back(_world: &World) -> OldWorld {
    OldWorld {
        name: String::new(),
    }
}

/// A check.
#[modules::after_migrate(crate = crate::reexported::modules)]
pub fn is_not_empty(world: &World, _from: &modules::VersionInfo<'_>) -> Result<(), String> {
    match world {
        World::Empty => Err("empty".to_owned()),
        World::Full(_) => Ok(()),
    }
}

/// An init.
#[modules::init(crate = modules)]
pub fn world(_config: &str) -> Result<World, String> {
    Ok(World::Empty)
}

#[test]
fn an_interface_is_known_by_its_own_name() {
    let desc = <dyn Game as modules::Interface>::DESC;
    assert_eq!((desc.name, desc.methods[0].name), ("Game", "join"));
}

#[test]
fn a_stand_in_is_called_in_tests() {
    assert_eq!((doubled(2), doubled_too(3)), (4, 6));
}
