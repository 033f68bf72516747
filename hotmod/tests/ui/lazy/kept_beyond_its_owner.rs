use hotmod::{Lazy, StableState};

#[derive(StableState)]
struct Store {
    entry: Lazy<String>,
}

fn text(store: Store) -> &'static String {
    store.entry.try_get().unwrap()
}

fn main() {}
