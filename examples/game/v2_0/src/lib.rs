//! The game, 2.0: 1.1 whose world changed. Each change is one that hotmod makes by itself, or says in
//! one attribute where the new values come from: a running 1.1 migrates.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use game_interface::{Game, Rank};
use hotmod::StableState;

hotmod::module! { name: "game", version: env!("CARGO_PKG_VERSION") }

/// One player.
#[derive(StableState)]
pub struct Player {
    #[state(was = "name")]
    nick: String,
    #[state(default = 100)]
    gold: u64,
    visits: u64,
    standing: Standing,
}

/// What a player has come to be.
#[derive(StableState)]
pub enum Standing {
    /// For the first visits.
    Newcomer,
    /// From the tenth on.
    Regular,
    /// With a thousand gold.
    Legend,
}

/// Everything that outlives a version.
#[derive(StableState)]
pub struct World {
    players: HashMap<u64, Player>,
    ids: HashMap<String, u64>,
    scores: HashMap<u64, u64>,
    #[state(was = "seed")]
    first_id: u64,
}

#[hotmod::init]
fn new_world(config: &str) -> Result<World, String> {
    let first_id = config
        .strip_prefix("seed = ")
        .ok_or("expected `seed = …`")?
        .parse()
        .map_err(|error| format!("seed: {error}"))?;
    Ok(World {
        players: HashMap::new(),
        ids: HashMap::new(),
        scores: HashMap::new(),
        first_id,
    })
}

#[hotmod::export]
impl Game for World {
    fn hello(&mut self, name: &str) -> String {
        let next = self.first_id + self.ids.len() as u64;
        let id = *self.ids.entry(name.to_owned()).or_insert(next);
        let player = self.players.entry(id).or_insert_with(|| Player {
            nick: name.to_owned(),
            gold: 100,
            visits: 0,
            standing: Standing::Newcomer,
        });
        player.visits += 1;
        let (standing, rank) = match (player.gold, player.visits) {
            (1000.., _) => (Standing::Legend, "legend"),
            (_, 10..) => (Standing::Regular, "regular"),
            _ => (Standing::Newcomer, "newcomer"),
        };
        player.standing = standing;
        *self.scores.entry(id).or_default() += 10;
        format!(
            "hello {}, visit {} ({rank}, {} gold)",
            title(&player.nick),
            player.visits,
            player.gold
        )
    }

    fn spend(&mut self, name: &str, points: u32) -> Result<u32, String> {
        let id = self
            .ids
            .get(name)
            .ok_or_else(|| format!("nobody is called {name}"))?;
        let score = self.scores.entry(*id).or_default();
        *score = score
            .checked_sub(points.into())
            .ok_or("so many points are not there")?;
        Ok(u32::try_from(*score).unwrap_or(u32::MAX))
    }

    fn score(&self, player: u64) -> Option<u32> {
        let score = self.scores.get(&player)?;
        Some(u32::try_from(*score).unwrap_or(u32::MAX))
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
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + letters.as_str(),
        None => String::new(),
    }
}

/// What is left of a blow behind armour.
#[hotmod::export]
pub fn damage(base: u32, armour: u32) -> u32 {
    base.saturating_sub(armour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_are_greeted() {
        let mut world = new_world("seed = 7").expect("the configuration is complete");
        for (name, greeting) in [
            ("ada", "hello Ada, visit 1 (newcomer, 100 gold)"),
            ("émile", "hello Émile, visit 1 (newcomer, 100 gold)"),
            ("", "hello , visit 1 (newcomer, 100 gold)"),
        ] {
            assert_eq!(world.hello(name), greeting);
        }
    }
}
