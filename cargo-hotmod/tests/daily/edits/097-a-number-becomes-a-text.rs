// A number becomes a text.
// state: Sanctuary
// then: refused

//// before
#[derive(StableState)]
pub struct Sanctuary {
    id: u64,
    value: u32,
}

//// after
#[derive(StableState)]
pub struct Sanctuary {
    id: u64,
    value: String,
}
