use hotmod_host::Pool;

#[hotmod::interface]
pub trait Shop {
    async fn buy(&mut self, who: &str, item: u32) -> u32;
}

async fn buy(shops: &Pool<u64, dyn Shop>) {
    let mut kept = None;
    let checked_out = shops.with_async(&7, async |shop| kept = Some(shop));
    checked_out.await.unwrap();
    let _ = kept.unwrap().buy("ada", 3).await;
}

fn main() {}
