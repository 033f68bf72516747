use hotmod::StableState;

mod left {
    #[derive(hotmod::StableState)]
    pub struct Pair<T>(T, u32);
}

mod right {
    #[derive(hotmod::StableState)]
    pub struct Pair<T>(T, f32);
}

#[derive(StableState)]
struct World {
    left: left::Pair<u8>,
    right: right::Pair<u8>,
}

fn main() {}
