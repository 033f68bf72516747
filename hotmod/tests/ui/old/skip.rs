use hotmod::OldState;

#[derive(OldState)]
struct OldWorld {
    #[state(skip)]
    seed: u64,
}

fn main() {}
