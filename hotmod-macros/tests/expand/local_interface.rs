pub trait Till {
    async fn count(&self) -> u32;
}
