use hotmod::StableState;

#[derive(StableState)]
#[state(removed_variant(Gone))]
enum World {
    Left,
}

fn main() {}
