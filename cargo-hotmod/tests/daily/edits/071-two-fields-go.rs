// Two fields go.
// state: Tollgate
// then: refused

//// before
#[derive(StableState)]
pub struct Tollgate {
    id: u64,
    fee: u16,
    lanes: Vec<u8>,
}

//// after
#[derive(StableState)]
pub struct Tollgate {
    id: u64,
}
