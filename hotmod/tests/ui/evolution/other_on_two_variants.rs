#[derive(hotmod::StableState)]
pub enum Reply {
    Done,
    #[state(other)]
    Unknown,
    #[state(other)]
    Else(String),
}

fn main() {}
