impl Game for World {
    fn ticks(&self) -> u64 {
        self.ticks
    }

    /// Time passes.
    #[hotmod::every("50ms")]
    fn tick(&mut self) {
        self.ticks += 1;
    }
}
