use hotmod::StableState;

#[hotmod::interface]
pub trait Game {
    fn ticks(&self) -> u64;
}

#[derive(StableState)]
struct World {
    ticks: u64,
}

#[hotmod::export]
impl Game for World {
    fn ticks(&self) -> u64 {
        self.ticks
    }

    #[hotmod::every("1d")]
    fn days(&mut self) {}

    #[hotmod::every]
    fn often(&mut self) {}

    #[hotmod::every("1s")]
    fn look(&self) {}

    #[hotmod::every("1s")]
    fn count(&mut self) -> u64 {
        self.ticks
    }

    #[hotmod::every("1s")]
    async fn later(&mut self) {}
}

fn main() {}
