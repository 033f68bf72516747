use hotmod::StableState;

#[derive(StableState)]
struct Hero {
    name: String,
}

#[derive(StableState)]
struct World {
    #[state(opaque)]
    heroes: Vec<Hero>,
}

fn main() {}
