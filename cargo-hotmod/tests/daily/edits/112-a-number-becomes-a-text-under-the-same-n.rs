// A number becomes a text under the same name.
// state: Paternoster
// then: refused

//// before
#[derive(StableState)]
pub struct Paternoster {
    level: u32,
    door: bool,
}

//// after
#[derive(StableState)]
pub struct Paternoster {
    level: String,
    door: bool,
}
