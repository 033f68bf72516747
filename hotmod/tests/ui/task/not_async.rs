use hotmod::{StableState, Stop};

#[derive(StableState)]
struct Feed {
    seen: u64,
}

#[hotmod::task]
fn feed(handover: Option<Feed>, stop: Stop) -> Feed {
    drop(stop);
    handover.unwrap()
}

fn main() {}
