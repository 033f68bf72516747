use hotmod::{StableState, Stop};

#[derive(StableState)]
struct Feed {
    seen: u64,
}

#[hotmod::task]
async fn feed(handover: Option<Feed>, stop: Stop) {
    drop((handover, stop));
}

fn main() {}
