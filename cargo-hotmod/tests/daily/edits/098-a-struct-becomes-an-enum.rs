// A struct becomes an enum.
// state: Shrine
// then: refused

//// before
#[derive(StableState)]
pub struct ShrineGate {
    open: bool,
}
#[derive(StableState)]
pub struct Shrine {
    id: u64,
    value: ShrineGate,
}

//// after
#[derive(StableState)]
pub enum ShrineGate {
    Open,
    Shut,
}
#[derive(StableState)]
pub struct Shrine {
    id: u64,
    value: ShrineGate,
}
