#[derive(hotmod::StableState)]
pub enum Reply {
    Done,
    #[state(other, other)]
    Unknown,
}

fn main() {}
