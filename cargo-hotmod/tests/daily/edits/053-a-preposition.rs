// A preposition.
// state: Canteen
// then: always

//// before
#[derive(StableState)]
pub struct Canteen {
    id: u64,
    since: u64,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Canteen {
    id: u64,
    /*+#[state(was = "since")]*/
    from: u64,
    open: bool,
}
