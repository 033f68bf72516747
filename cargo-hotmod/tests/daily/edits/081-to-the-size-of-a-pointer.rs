// To the size of a pointer.
// state: Distillery
// then: conditional

//// before
#[derive(StableState)]
pub struct Distillery {
    id: u64,
    value: u64,
}

//// after
#[derive(StableState)]
pub struct Distillery {
    id: u64,
    /*+#[state(checked)]*/
    value: usize,
}
