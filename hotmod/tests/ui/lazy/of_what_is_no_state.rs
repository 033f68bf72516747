use hotmod::{Lazy, StableState};

struct Entry {
    text: String,
}

#[derive(StableState)]
struct Store {
    entries: Vec<Lazy<Entry>>,
}

fn main() {}
