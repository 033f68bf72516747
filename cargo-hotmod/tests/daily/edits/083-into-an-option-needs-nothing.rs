// Into an `Option` needs nothing.
// state: Foundry
// then: always

//// before
#[derive(StableState)]
pub struct Foundry {
    id: u64,
    value: u32,
}

//// after
#[derive(StableState)]
pub struct Foundry {
    id: u64,
    value: Option<u32>,
}
