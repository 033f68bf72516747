use hotmod::StableState;
use hotmod_meddling::becomes;

#[derive(StableState)]
#[becomes(struct World<T> { value: T, more: Vec<T> })]
struct World<T> {
    value: T,
}

fn main() {}
