// A text becomes two.
// state: Driver
// then: refused

//// before
#[derive(StableState)]
pub struct Driver {
    name: String,
    age: u8,
}

//// after
#[derive(StableState)]
pub struct Driver {
    first_name: String,
    last_name: String,
    age: u8,
}
