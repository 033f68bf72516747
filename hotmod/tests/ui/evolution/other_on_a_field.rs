#[derive(hotmod::StableState)]
pub struct Reply {
    #[state(other)]
    text: String,
}

fn main() {}
