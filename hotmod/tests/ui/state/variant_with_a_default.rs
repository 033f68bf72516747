use hotmod::StableState;

#[derive(StableState)]
enum World {
    #[state(default)]
    Left,
}

fn main() {}
