use hotmod::StableState;

#[derive(StableState)]
struct World<'a> {
    name: &'a str,
}

fn main() {}
