use hotmod::StableState;
use hotmod_meddling::becomes;

#[derive(StableState)]
#[becomes(enum Mood { Busy(f32) })]
enum Mood {
    Busy(u32),
}

fn main() {}
