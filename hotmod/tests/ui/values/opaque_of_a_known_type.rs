use hotmod::StableState;

#[derive(StableState)]
struct Hero {
    name: String,
}

#[derive(StableState)]
struct World {
    #[state(unsafe(opaque))]
    heroes: Vec<Hero>,
}

fn main() {}
