use hotmod::StableState;
use hotmod_meddling::becomes;

#[derive(StableState)]
#[becomes(enum Mood { Idle, Busy })]
enum Mood {
    Idle,
}

fn main() {}
