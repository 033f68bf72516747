use hotmod::StableState;

#[derive(StableState)]
struct Feed {
    seen: u64,
}

#[hotmod::task]
async fn feed() -> Feed {
    Feed { seen: 0 }
}

fn main() {}
