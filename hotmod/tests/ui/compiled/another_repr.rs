use hotmod::StableState;
use hotmod_meddling::becomes;

#[derive(StableState)]
#[becomes(#[repr(u8)] enum Mood { Idle, Busy(u32) })]
enum Mood {
    Idle,
    Busy(u32),
}

fn main() {}
