use hotmod::OldState;

#[derive(OldState)]
struct OldWorld {
    #[state(default)]
    seed: u64,
}

fn main() {}
