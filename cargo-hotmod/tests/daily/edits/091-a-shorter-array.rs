// A shorter array.
// state: Nunnery
// then: refused

//// before
#[derive(StableState)]
pub struct Nunnery {
    id: u64,
    value: [u16; 8],
}

//// after
#[derive(StableState)]
pub struct Nunnery {
    id: u64,
    value: [u16; 4],
}
