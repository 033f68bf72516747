// A field moves up, out of a struct that stays.
// state: Coppice
// then: refused

//// before
#[derive(StableState)]
pub struct Tree {
    apples: u32,
    age: u16,
}
#[derive(StableState)]
pub struct Coppice {
    tree: Tree,
}

//// after
#[derive(StableState)]
pub struct Tree {
    age: u16,
}
#[derive(StableState)]
pub struct Coppice {
    tree: Tree,
    apples: u32,
}
