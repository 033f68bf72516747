use hotmod::StableState;

#[derive(StableState)]
union World {
    name: u32,
}

fn main() {}
