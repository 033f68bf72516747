use hotmod::Stop;

struct Feed {
    seen: u64,
}

#[hotmod::task]
async fn feed(handover: Option<Feed>, stop: Stop) -> Feed {
    stop.await;
    handover.unwrap_or(Feed { seen: 0 })
}

fn main() {}
