use hotmod_host::Pool;

#[hotmod::interface]
pub trait Shop: Sync {
    async fn buy(&mut self, who: &str, item: u32) -> u32;
    fn sold(&self) -> u32;
}

async fn buy(shops: &Pool<u64, dyn Shop>) {
    let _ = shops
        .call_shared_async(&7, async |shop| shop.buy("ada", 3).await)
        .await;
}

fn main() {}
