use hotmod::OldState;

#[derive(OldState)]
struct OldServer {
    address: std::net::IpAddr,
}

fn main() {}
