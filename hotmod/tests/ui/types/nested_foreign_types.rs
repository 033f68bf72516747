use std::collections::HashMap;
use std::thread::Thread;

use hotmod::StableState;

struct Player;

struct Held<T>(T);

#[derive(StableState)]
struct World {
    threads: Vec<Thread>,
    by_name: HashMap<String, (u8, Vec<Option<Player>>)>,
    array: Box<[Thread; 2]>,
    held: Option<Held<u32>>,
    texts: Vec<std::sync::Arc<std::sync::mpsc::Sender<u32>>>,
}

fn main() {}
