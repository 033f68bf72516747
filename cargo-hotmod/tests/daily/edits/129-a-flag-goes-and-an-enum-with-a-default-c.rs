// A flag goes, and an enum with a default comes: whether of it, is not said.
// state: Gate
// then: refused

//// before
#[derive(StableState)]
pub struct Gate {
    id: u64,
    is_open: bool,
}

//// after
#[derive(StableState, Default)]
pub enum GateState {
    #[default]
    Closed,
    Open,
}
#[derive(StableState)]
pub struct Gate {
    id: u64,
    /*+#[state(default)]*/
    state: GateState,
}
