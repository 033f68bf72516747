#![allow(unused_variables)]

use hotmod::StableState;

#[derive(StableState)]
enum Mood {
    Idle,
    Busy { with: Box<dyn Send>, since: std::time::Duration },
    Gone(std::thread::ThreadId),
    #[state(rename = "Lost")]
    Away(std::thread::ThreadId),
}

fn main() {}
