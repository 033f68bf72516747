use hotmod_host::Pool;

#[hotmod::interface]
pub trait Shop {
    async fn buy(&mut self, who: &str, item: u32) -> u32;
    fn sold(&self) -> u32;
}

async fn sold(shops: &Pool<u64, dyn Shop>) {
    let _ = shops.call_shared_async(&7, async |shop| shop.sold()).await;
}

fn main() {}
