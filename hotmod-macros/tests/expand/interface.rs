pub trait Game {
    /// Greets a player.
    fn hello(&mut self, name: &str) -> String;

    /// The score of a player.
    fn score(&self, player: u64) -> Option<u32>;
}
