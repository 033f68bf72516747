use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(checked, with = old)]
    seed: String,
}

fn old(old: &u64) -> String {
    old.to_string()
}

fn main() {}
