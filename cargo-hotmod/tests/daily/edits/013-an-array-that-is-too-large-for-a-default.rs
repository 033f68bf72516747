// An array that is too large for a default.
// state: Mill
// then: refused

//// before
#[derive(StableState)]
pub struct Mill {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Mill {
    id: u64,
    cells: [u8; 40],
}
