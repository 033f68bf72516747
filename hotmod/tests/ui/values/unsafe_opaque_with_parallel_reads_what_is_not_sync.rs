use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(unsafe(opaque, with = seed), parallel)]
    seed: u64,
}

fn seed(old: &std::sync::mpsc::Receiver<u64>) -> u64 {
    old.try_recv().unwrap_or(0)
}

fn main() {}
