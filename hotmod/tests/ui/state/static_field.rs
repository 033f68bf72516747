use hotmod::StableState;

#[derive(StableState)]
struct World {
    name: &'static str,
}

fn main() {}
