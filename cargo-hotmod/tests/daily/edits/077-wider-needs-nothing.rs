// Wider needs nothing.
// state: Workshop
// then: always

//// before
#[derive(StableState)]
pub struct Workshop {
    id: u64,
    value: u32,
}

//// after
#[derive(StableState)]
pub struct Workshop {
    id: u64,
    value: u64,
}
