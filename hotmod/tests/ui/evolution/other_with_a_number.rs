#[derive(hotmod::StableState)]
pub enum Reply {
    Done,
    #[state(other)]
    Unknown(u32),
}

fn main() {}
