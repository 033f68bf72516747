// A variant becomes two: which one, only the author knows.
// state: Refinery
// then: conditional

//// before
#[derive(StableState)]
pub enum Tank {
    Empty,
    Full,
}
#[derive(StableState)]
pub struct Refinery {
    tank: Tank,
}

//// after
#[derive(StableState)]
pub enum Tank {
    Empty,
    Brimming,
    HalfWay,
}
#[derive(StableState)]
pub struct Refinery {
    tank: Tank,
}
