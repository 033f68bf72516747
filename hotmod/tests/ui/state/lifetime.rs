use hotmod::StableState;

#[derive(StableState)]
struct World<'a> {
    name: std::borrow::Cow<'a, str>,
}

fn main() {}
