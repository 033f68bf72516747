// An enum without a default.
// state: Inn
// then: refused

//// before
#[derive(StableState)]
pub struct Inn {
    id: u64,
}

//// after
#[derive(StableState)]
pub enum Opening {
    Closed,
    Open,
}
#[derive(StableState)]
pub struct Inn {
    id: u64,
    state: Opening,
}
