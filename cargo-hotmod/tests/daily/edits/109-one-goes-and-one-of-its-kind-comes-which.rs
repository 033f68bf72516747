// One goes, and one of its kind comes: which has become which is not said.
// state: Carton
// then: refused

//// before
#[derive(StableState)]
pub struct Carton {
    width: u32,
    height: u32,
}

//// after
#[derive(StableState)]
pub struct Carton {
    height: u32,
    depth: u32,
}
