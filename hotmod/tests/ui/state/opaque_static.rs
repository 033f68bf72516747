use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(unsafe(opaque))]
    name: &'static str,
}

fn main() {}
