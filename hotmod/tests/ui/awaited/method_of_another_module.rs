#[hotmod::interface]
pub trait Shop {
    async fn buy(&mut self, item: u32) -> u32;
}

#[hotmod::import(module = "shop", instance = "front")]
static SHOP: hotmod::Instance<dyn Shop>;

#[hotmod::export]
pub fn bought() -> bool {
    let called = SHOP.call(|shop| {
        let _ = shop.buy(3);
        Ok(())
    });
    called.is_ok()
}

fn main() {}
