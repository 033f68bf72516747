// Another unit in the name.
// state: Island
// then: always

//// before
#[derive(StableState)]
pub struct Island {
    id: u64,
    timeout: u64,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Island {
    id: u64,
    /*+#[state(was = "timeout")]*/
    timeout_ms: u64,
    open: bool,
}
