use hotmod::OldState;

#[derive(OldState)]
#[state(id = "World", was = "Realm", meaning = 2)]
struct OldWorld {
    #[state(was = "seeds", checked)]
    seed: u64,
    name: &'static str,
}

fn main() {}
