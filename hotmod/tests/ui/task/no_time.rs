use hotmod::{StableState, Stop};

#[derive(StableState)]
struct Feed {
    seen: u64,
}

#[hotmod::task(within = "soon")]
async fn feed(handover: Option<Feed>, stop: Stop) -> Feed {
    stop.await;
    handover.unwrap_or(Feed { seen: 0 })
}

fn main() {}
