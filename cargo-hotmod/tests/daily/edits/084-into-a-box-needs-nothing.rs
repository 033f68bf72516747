// Into a `Box` needs nothing.
// state: Granary
// then: always

//// before
#[derive(StableState)]
pub struct Granary {
    id: u64,
    value: u32,
}

//// after
#[derive(StableState)]
pub struct Granary {
    id: u64,
    value: Box<u32>,
}
