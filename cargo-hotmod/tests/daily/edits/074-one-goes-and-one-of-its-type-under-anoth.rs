// One goes, and one of its type under another name comes: which it is, only the author knows.
// state: Viaduct
// then: refused

//// before
#[derive(StableState)]
pub struct Viaduct {
    id: u64,
    age: u32,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Viaduct {
    id: u64,
    mana: u32,
    open: bool,
}
