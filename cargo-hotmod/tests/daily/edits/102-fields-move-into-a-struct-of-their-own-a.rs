// Fields move into a struct of their own: a function has to make it.
// state: Tower
// then: refused

//// before
#[derive(StableState)]
pub struct Tower {
    id: u64,
    x: i32,
    y: i32,
}

//// after
#[derive(StableState)]
pub struct TowerAt {
    x: i32,
    y: i32,
}
#[derive(StableState)]
pub struct Tower {
    id: u64,
    at: TowerAt,
}
