use std::rc::Rc;

use hotmod::{StableState, Stop};

#[derive(StableState)]
struct Feed {
    seen: u64,
}

#[hotmod::task]
async fn feed(handover: Option<Feed>, stop: Stop) -> Feed {
    let seen = Rc::new(handover.map_or(0, |it| it.seen));
    stop.await;
    Feed { seen: *seen }
}

fn main() {}
