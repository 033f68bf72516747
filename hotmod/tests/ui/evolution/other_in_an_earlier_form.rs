#[derive(hotmod::OldState)]
pub enum Reply {
    Done,
    #[state(other)]
    Unknown,
}

fn main() {}
