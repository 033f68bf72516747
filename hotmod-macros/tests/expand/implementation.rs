impl Game for World {
    fn score(&self, player: u64) -> Option<u32> {
        None
    }
}
