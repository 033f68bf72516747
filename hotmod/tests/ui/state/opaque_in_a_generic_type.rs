use hotmod::StableState;

#[derive(StableState)]
struct Server<T> {
    #[state(opaque)]
    address: std::net::IpAddr,
    rest: T,
}

fn main() {}
