use hotmod::StableState;

#[derive(StableState)]
enum World {
    #[state(default)]
    Flat,
    Round,
}

fn main() {}
