use std::rc::Rc;

use hotmod::StableState;

#[derive(StableState)]
enum World {
    Round {
        #[state(with = seed, parallel)]
        seed: Rc<u64>,
    },
}

fn seed(old: &u64) -> Result<Rc<u64>, String> {
    Ok(Rc::new(*old))
}

fn main() {}
