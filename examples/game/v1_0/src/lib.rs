//! The game, 1.0. Its greeting has a bug: it expects every name to begin with an ASCII letter.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use game_interface::{Game, Rank};
use hotmod::StableState;

hotmod::module! { name: "game", version: env!("CARGO_PKG_VERSION") }

/// One player.
#[derive(StableState)]
pub struct Player {
    name: String,
    visits: u32,
    standing: Standing,
}

/// What a player has come to be.
#[derive(StableState)]
pub enum Standing {
    /// For the first visits.
    Newcomer,
    /// From the tenth on.
    Regular,
}

/// Everything that outlives a version.
#[derive(StableState)]
pub struct World {
    players: HashMap<u64, Player>,
    ids: HashMap<String, u64>,
    scores: HashMap<u64, u32>,
    seed: u64,
}

#[hotmod::init]
fn new_world(config: &str) -> Result<World, String> {
    let seed = config
        .strip_prefix("seed = ")
        .ok_or("expected `seed = …`")?
        .parse()
        .map_err(|error| format!("seed: {error}"))?;
    Ok(World {
        players: HashMap::new(),
        ids: HashMap::new(),
        scores: HashMap::new(),
        seed,
    })
}

#[hotmod::export]
impl Game for World {
    fn hello(&mut self, name: &str) -> String {
        let next = self.seed + self.ids.len() as u64;
        let id = *self.ids.entry(name.to_owned()).or_insert(next);
        let player = self.players.entry(id).or_insert_with(|| Player {
            name: name.to_owned(),
            visits: 0,
            standing: Standing::Newcomer,
        });
        player.visits += 1;
        if player.visits >= 10 {
            player.standing = Standing::Regular;
        }
        *self.scores.entry(id).or_default() += 10;
        format!("hello {}, visit {}", title(&player.name), player.visits)
    }

    fn spend(&mut self, name: &str, points: u32) -> Result<u32, String> {
        let id = self
            .ids
            .get(name)
            .ok_or_else(|| format!("nobody is called {name}"))?;
        let score = self.scores.entry(*id).or_default();
        *score = score
            .checked_sub(points)
            .ok_or("so many points are not there")?;
        Ok(*score)
    }

    fn score(&self, player: u64) -> Option<u32> {
        self.scores.get(&player).copied()
    }

    fn ranking(&self) -> Vec<Rank> {
        let rank = |(name, id): (&String, &u64)| Rank {
            name: name.clone(),
            points: self.score(*id).unwrap_or(0),
        };
        let mut ranking: Vec<Rank> = self.ids.iter().map(rank).collect();
        ranking.sort_by(|one, other| {
            other
                .points
                .cmp(&one.points)
                .then(one.name.cmp(&other.name))
        });
        ranking
    }
}

/// The name with a capital first letter.
fn title(name: &str) -> String {
    name[..1].to_uppercase() + &name[1..]
}

/// What is left of a blow behind armour.
#[hotmod::export]
pub fn damage(base: u32, armour: u32) -> u32 {
    base.saturating_sub(armour)
}
