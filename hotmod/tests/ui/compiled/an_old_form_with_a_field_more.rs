use hotmod::OldState;
use hotmod_meddling::becomes;

#[derive(OldState)]
#[becomes(struct OldWorld { name: String, log: Vec<String> })]
#[state(id = "World")]
struct OldWorld {
    name: String,
}

fn main() {}
