use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(snapshot = ByLetter)]
    name: String,
}

struct ByLetter;

fn main() {}
