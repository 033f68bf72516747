use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(with = one, with = two)]
    seed: String,
}

fn one(old: &u64) -> String {
    old.to_string()
}

fn two(old: &u64) -> String {
    old.to_string()
}

fn main() {}
