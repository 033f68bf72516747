#[derive(hotmod::StableState)]
pub enum Reply {
    Done,
    #[state(other)]
    Unknown(String, String),
}

fn main() {}
