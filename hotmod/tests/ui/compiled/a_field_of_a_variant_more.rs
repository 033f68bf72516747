use hotmod::StableState;
use hotmod_meddling::becomes;

#[derive(StableState)]
#[becomes(enum Mood { Busy { with: String, since: u64 } })]
enum Mood {
    Busy { with: String },
}

fn main() {}
