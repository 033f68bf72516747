#[derive(hotmod::StableState)]
pub enum Reply {
    Done,
    #[state(other)]
    Unknown {
        #[state(default)]
        name: String,
    },
}

fn main() {}
