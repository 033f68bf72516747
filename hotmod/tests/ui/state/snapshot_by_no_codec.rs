use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(unsafe(opaque), snapshot = ByLetter)]
    heading: std::fmt::Alignment,
}

struct ByLetter;

fn main() {}
