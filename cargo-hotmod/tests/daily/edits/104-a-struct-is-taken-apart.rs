// A struct is taken apart.
// state: Airport
// then: refused

//// before
#[derive(StableState)]
pub struct Runway {
    width: i32,
    length: i32,
}
#[derive(StableState)]
pub struct Airport {
    id: u64,
    runway: Runway,
}

//// after
#[derive(StableState)]
pub struct Airport {
    id: u64,
    width: i32,
    length: i32,
}
