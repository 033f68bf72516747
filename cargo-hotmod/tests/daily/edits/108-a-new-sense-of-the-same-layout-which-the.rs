// A new sense of the same layout, which the author says.
// state: Court
// then: refused

//// before
#[derive(StableState)]
pub struct Court {
    id: u64,
    angle: f64,
}

//// after
#[derive(StableState)]
#[state(meaning = 1)]
pub struct Court {
    id: u64,
    angle: f64,
}
