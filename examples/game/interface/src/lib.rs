//! What the game's server and its modules both know.

use hotmod::StableState;

/// How a player stands among the others.
#[derive(Clone, Debug, PartialEq, StableState)]
pub struct Rank {
    /// The player's name.
    pub name: String,
    /// The player's score.
    pub points: u32,
}

/// A world that players walk in and out of.
#[hotmod::interface]
pub trait Game {
    /// Greets a player, who enters the world by that.
    fn hello(&mut self, name: &str) -> String;

    /// Takes points off a player's score and gives what is left, or says why it does not.
    fn spend(&mut self, name: &str, points: u32) -> Result<u32, String>;

    /// The score of a player, if there is such a player.
    fn score(&self, player: u64) -> Option<u32>;

    /// The players by their scores, the highest first. A version that ranks no one has an empty list.
    fn ranking(&self) -> Vec<Rank> {
        Vec::new()
    }
}
