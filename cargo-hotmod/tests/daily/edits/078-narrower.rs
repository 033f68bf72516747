// Narrower.
// state: Aqueduct
// then: conditional

//// before
#[derive(StableState)]
pub struct Aqueduct {
    id: u64,
    value: u64,
}

//// after
#[derive(StableState)]
pub struct Aqueduct {
    id: u64,
    /*+#[state(checked)]*/
    value: u32,
}
