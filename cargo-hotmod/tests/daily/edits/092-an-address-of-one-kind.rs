// An address of one kind.
// state: Office
// then: conditional

//// before
#[derive(StableState)]
pub struct Office {
    id: u64,
    value: std::net::IpAddr,
}

//// after
#[derive(StableState)]
pub struct Office {
    id: u64,
    /*+#[state(checked)]*/
    value: std::net::Ipv4Addr,
}
