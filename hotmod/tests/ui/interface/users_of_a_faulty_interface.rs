#[hotmod::interface]
pub trait Game {
    fn hello(&self, log: fn(u32)) -> &'static str;
    fn score(&self) -> u32;
}

#[derive(hotmod::StableState)]
struct World {
    score: u32,
}

#[hotmod::export]
impl Game for World {
    fn hello(&self, _: fn(u32)) -> &'static str {
        "hello"
    }

    fn score(&self) -> u32 {
        self.score
    }
}

fn main() {}
