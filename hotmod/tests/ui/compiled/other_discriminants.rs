use hotmod::StableState;
use hotmod_meddling::becomes;

#[derive(StableState)]
#[becomes(enum Mood { Idle = 1, Busy = 0 })]
enum Mood {
    Idle,
    Busy,
}

fn main() {}
