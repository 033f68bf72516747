// A mistake corrected.
// state: Grove
// then: always

//// before
#[derive(StableState)]
pub struct Grove {
    id: u64,
    recieved: u64,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Grove {
    id: u64,
    /*+#[state(was = "recieved")]*/
    received: u64,
    open: bool,
}
