use hotmod::StableState;

#[derive(StableState)]
struct World {
    name: *const u8,
}

fn main() {}
