use hotmod::StableState;

#[derive(StableState)]
struct Server<T> {
    #[state(unsafe(opaque))]
    address: std::net::IpAddr,
    rest: T,
}

fn main() {}
