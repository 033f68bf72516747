use hotmod::OldState;

#[derive(OldState)]
#[state(id = "World")]
#[repr(packed)]
struct OldWorld {
    seed: u32,
}

fn main() {}
