// A word less.
// state: Dairy
// then: always

//// before
#[derive(StableState)]
pub struct Dairy {
    id: u64,
    owner_name: String,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Dairy {
    id: u64,
    /*+#[state(was = "owner_name")]*/
    name: String,
    open: bool,
}
