// One of two like it goes, and one comes.
// state: Vineyard
// then: refused

//// before
#[derive(StableState)]
pub struct Vineyard {
    red: u32,
    white: u32,
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Vineyard {
    id: u64,
    rose: u32,
}
