// A word more.
// state: Castle
// then: always

//// before
#[derive(StableState)]
pub struct Castle {
    id: u64,
    gold: u32,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Castle {
    id: u64,
    /*+#[state(was = "gold")]*/
    gold_coins: u32,
    open: bool,
}
