#[derive(hotmod::StableState)]
pub enum Reply {
    Done,
    #[state(other = "Unknown")]
    Unknown,
}

fn main() {}
