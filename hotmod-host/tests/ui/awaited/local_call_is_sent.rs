use hotmod_host::Instance;

#[hotmod::interface(local)]
pub trait Shop {
    async fn buy(&mut self) -> u32;
}

fn is_sent(_: impl Send) {}

fn main() {}

pub fn buy(shop: &mut Instance<dyn Shop>) {
    is_sent(shop.buy());
}
