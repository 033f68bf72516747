use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(with = a, unsafe(opaque, with = b))]
    name: String,
}

fn a(old: &u32) -> String {
    old.to_string()
}

fn b(old: &std::net::IpAddr) -> String {
    old.to_string()
}

fn main() {}
