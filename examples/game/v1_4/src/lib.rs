//! The game, 1.4: 1.1 with another interface. It has a method more, a struct that it returns has a field more, and
//! `damage` has a parameter more: a running 1.1 takes it, in a server that knows none of that.
#![forbid(unsafe_code)]

pub mod interface;

use std::collections::HashMap;

use hotmod::StableState;
use interface::{Game, Rank};

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

    fn players(&self) -> u32 {
        self.players.len() as u32
    }

    fn ranking(&self) -> Vec<Rank> {
        let rank = |(name, id): (&String, &u64)| Rank {
            name: name.clone(),
            points: self.score(*id).unwrap_or(0),
            visits: self.players.get(id).map_or(0, |player| player.visits),
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
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + letters.as_str(),
        None => String::new(),
    }
}

/// What is left of a blow behind armour. One that is critical is twice as hard.
#[hotmod::export]
pub fn damage(base: u32, armour: u32, #[hotmod(default)] critical: bool) -> u32 {
    let base = if critical { base * 2 } else { base };
    base.saturating_sub(armour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_are_greeted() {
        let mut world = new_world("seed = 7").expect("the configuration is complete");
        for (name, greeting) in [
            ("ada", "hello Ada, visit 1"),
            ("émile", "hello Émile, visit 1"),
            ("", "hello , visit 1"),
        ] {
            assert_eq!(world.hello(name), greeting);
        }
    }
}
