#[derive(hotmod::StableState)]
#[state(other)]
pub enum Reply {
    Done,
    Unknown,
}

fn main() {}
