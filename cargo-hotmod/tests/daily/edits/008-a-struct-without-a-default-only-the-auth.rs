// A struct without a default: only the author knows its value.
// state: Harbour
// then: refused

//// before
#[derive(StableState)]
pub struct Harbour {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Pier {
    length: u32,
}
#[derive(StableState)]
pub struct Harbour {
    id: u64,
    pier: Pier,
}
