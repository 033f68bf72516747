// A field of a variant goes.
// state: Warehouse
// then: refused

//// before
#[derive(StableState)]
pub enum Crate {
    Empty,
    Filled { with: String, weight: u32 },
}
#[derive(StableState)]
pub struct Warehouse {
    crates: Vec<Crate>,
}

//// after
#[derive(StableState)]
pub enum Crate {
    Empty,
    Filled { with: String },
}
#[derive(StableState)]
pub struct Warehouse {
    crates: Vec<Crate>,
}
