use std::marker::PhantomData;

use hotmod::StableState;

#[derive(StableState)]
struct World {
    kind: PhantomData<dyn Send>,
}

fn main() {}
