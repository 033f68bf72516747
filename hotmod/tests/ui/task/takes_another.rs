use hotmod::{StableState, Stop};

#[derive(StableState)]
struct Feed {
    seen: u64,
}

#[derive(StableState)]
struct Other {
    seen: u64,
}

#[hotmod::task]
async fn feed(handover: Option<Other>, stop: Stop) -> Feed {
    stop.await;
    Feed { seen: handover.map_or(0, |it| it.seen) }
}

fn main() {}
