// Another name of a tuple.
// state: Orchard
// then: always

//// before
#[derive(StableState)]
pub struct Orchard {
    id: u64,
    edge: (u32, u32),
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Orchard {
    id: u64,
    /*+#[state(was = "edge")]*/
    border: (u32, u32),
    open: bool,
}
