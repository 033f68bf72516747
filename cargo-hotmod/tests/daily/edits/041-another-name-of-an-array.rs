// Another name of an array.
// state: Port
// then: always

//// before
#[derive(StableState)]
pub struct Port {
    id: u64,
    docks: [u16; 4],
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Port {
    id: u64,
    /*+#[state(was = "docks")]*/
    berths: [u16; 4],
    open: bool,
}
