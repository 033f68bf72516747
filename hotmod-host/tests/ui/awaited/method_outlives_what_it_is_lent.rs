use hotmod_host::Instance;

#[hotmod::interface]
pub trait Shop {
    async fn buy(&mut self, who: &str, item: u32) -> u32;
}

fn buy(shop: &mut Instance<dyn Shop>) {
    let call = {
        let who = "ada".to_owned();
        shop.buy(&who, 3)
    };
    drop(call);
}

fn main() {}
