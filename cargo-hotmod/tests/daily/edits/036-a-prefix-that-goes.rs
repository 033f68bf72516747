// A prefix that goes.
// state: Keep
// then: always

//// before
#[derive(StableState)]
pub struct Keep {
    id: u64,
    keep_level: u8,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Keep {
    id: u64,
    /*+#[state(was = "keep_level")]*/
    level: u8,
    open: bool,
}
