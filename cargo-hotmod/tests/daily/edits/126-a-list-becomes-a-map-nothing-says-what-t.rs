// A list becomes a map: nothing says what the keys are.
// state: Shelter
// then: refused

//// before
#[derive(StableState)]
pub struct Shelter {
    beds: Vec<u32>,
}

//// after
#[derive(StableState)]
pub struct Shelter {
    beds: std::collections::BTreeMap<u64, u32>,
}
