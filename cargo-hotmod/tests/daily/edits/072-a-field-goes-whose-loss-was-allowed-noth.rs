// A field goes whose loss was allowed: nothing is to be written.
// state: Tunnel
// then: always

//// before
#[derive(StableState)]
pub struct Tunnel {
    id: u64,
    lamps: u16,
}

//// after
#[derive(StableState)]
#[state(removed("lamps"))]
pub struct Tunnel {
    id: u64,
}
