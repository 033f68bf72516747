// Another list needs nothing.
// state: Hostel
// then: always

//// before
#[derive(StableState)]
pub struct Hostel {
    id: u64,
    value: Vec<u32>,
}

//// after
#[derive(StableState)]
pub struct Hostel {
    id: u64,
    value: std::collections::VecDeque<u32>,
}
