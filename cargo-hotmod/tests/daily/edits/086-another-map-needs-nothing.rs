// Another map needs nothing.
// state: Incinerator
// then: always

//// before
#[derive(StableState)]
pub struct Incinerator {
    id: u64,
    value: std::collections::HashMap<u32, u8>,
}

//// after
#[derive(StableState)]
pub struct Incinerator {
    id: u64,
    value: std::collections::BTreeMap<u32, u8>,
}
