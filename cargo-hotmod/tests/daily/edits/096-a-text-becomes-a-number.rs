// A text becomes a number.
// state: Reservoir
// then: refused

//// before
#[derive(StableState)]
pub struct Reservoir {
    id: u64,
    value: String,
}

//// after
#[derive(StableState)]
pub struct Reservoir {
    id: u64,
    value: u32,
}
