use hotmod::StableState;

#[derive(StableState)]
enum World {
    #[state(was = "Old")]
    First,
    #[state(was = "Older", was = "Old")]
    Second,
}

fn main() {}
