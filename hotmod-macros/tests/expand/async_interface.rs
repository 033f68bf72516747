pub trait Shop: Sync {
    /// Buys an item.
    async fn buy(&mut self, who: &str, item: u32) -> Result<u32, String>;

    async fn look(&self) {
        let _ = self;
    }
}
