use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(unsafe(opaque))]
    by_key: hashbrown::HashMap<u64, u64>,
    #[state(unsafe(opaque))]
    seeded: hashbrown::HashMap<u64, u64, foldhash::fast::RandomState>,
    #[state(unsafe(opaque))]
    shared: std::sync::Arc<parking_lot::Mutex<u64>>,
    #[state(unsafe(opaque))]
    many: Vec<Option<(u8, [DashMap<u64, u64>; 2])>>,
    #[state(unsafe(opaque))]
    sender: Box<tokio::sync::mpsc::Sender<u64>>,
    #[state(unsafe(opaque))]
    rng: rand::rngs::ThreadRng,
    #[state(unsafe(opaque))]
    pattern: regex::Regex,
    #[state(unsafe(opaque))]
    id: std::thread::ThreadId,
    #[state(unsafe(opaque))]
    current: arc_swap::ArcSwap<u64>,
}

fn main() {}
