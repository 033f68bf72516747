use hotmod::StableState;

#[derive(StableState)]
enum World {
    #[state(was)]
    Left,
}

fn main() {}
