#[hotmod::interface]
pub unsafe trait Game<T> {
    const NAME: u32;
    type Player;
    async fn hello(self, log: fn(u32)) -> String;
    fn name(&self, with: impl Into<String>) -> &str;
    fn make(count: *const u8) -> u32;
}

fn main() {}
