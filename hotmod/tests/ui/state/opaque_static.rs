use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(opaque)]
    name: &'static str,
}

fn main() {}
