use hotmod::OldState;

#[derive(OldState)]
struct OldServer {
    address: std::alloc::Layout,
}

fn main() {}
