use hotmod::{OldState, StableState};

#[derive(OldState)]
#[state(id = "Player")]
struct OldPlayer {
    name: String,
}

#[derive(StableState)]
struct World {
    players: Vec<OldPlayer>,
}

fn main() {}
