// No `Option` any more.
// state: Elevator
// then: conditional

//// before
#[derive(StableState)]
pub struct Elevator {
    id: u64,
    value: Option<u32>,
}

//// after
#[derive(StableState)]
pub struct Elevator {
    id: u64,
    /*+#[state(checked)]*/
    value: u32,
}
