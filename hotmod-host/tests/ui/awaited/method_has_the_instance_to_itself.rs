use hotmod_host::Instance;

#[hotmod::interface]
pub trait Shop {
    async fn buy(&mut self, who: &str, item: u32) -> u32;
    fn sold(&self) -> u32;
}

async fn buy(shop: &mut Instance<dyn Shop>) {
    let call = shop.buy("ada", 3);
    let _ = shop.sold();
    let _ = call.await;
}

fn main() {}
