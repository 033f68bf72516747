use hotmod::StableState;

struct Error;

#[derive(StableState)]
struct World {
    #[state(with = seed)]
    seed: u64,
}

fn seed(old: &u32) -> Result<u64, Error> {
    u64::try_from(*old).map_err(|_| Error)
}

fn main() {}
