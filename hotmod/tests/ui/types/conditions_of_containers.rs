use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher, RandomState};

use hotmod::StableState;

struct Player;

#[derive(StableState, Clone)]
struct Keyed;

impl std::hash::BuildHasher for Keyed {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        DefaultHasher::new()
    }
}

#[derive(StableState)]
struct World {
    unhashed: HashMap<f64, u8>,
    unordered: Option<BTreeSet<f32>>,
    hasher: HashMap<u64, u8, Keyed>,
    fine: HashMap<u64, u8, RandomState>,
    players: HashMap<u64, Player, BuildHasherDefault<DefaultHasher>>,
    texts: Vec<(std::sync::Arc<str>, Box<[u8]>, Player)>,
}

fn main() {}
