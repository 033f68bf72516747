use std::rc::Rc;

use hotmod_host::Pool;

#[hotmod::interface]
pub trait Shop {
    async fn buy(&mut self, who: &str, item: u32) -> u32;
}

fn spawn<F: Future + Send + 'static>(_: F) {}

fn buy(shops: &'static Pool<u64, dyn Shop>) {
    let who = Rc::new("ada".to_owned());
    spawn(async move {
        let _ = shops
            .call_async(&7, async |shop| shop.buy(&who, 3).await)
            .await;
    });
}

fn main() {}
