// A word of the same sense.
// state: Arcade
// then: always

//// before
#[derive(StableState)]
pub struct Arcade {
    id: u64,
    gold: u32,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Arcade {
    id: u64,
    /*+#[state(was = "gold")]*/
    coins: u32,
    open: bool,
}
