// Two types and a field get other names at once.
// state: Smuggler
// then: always

//// before
#[derive(StableState)]
pub struct Stash {
    item: u64,
    count: u32,
}
#[derive(StableState)]
pub struct Smuggler {
    held: Vec<Stash>,
}

//// after
#[derive(StableState)]
/*+#[state(was = "Stash")]*/
pub struct StashPile {
    item: u64,
    /*+#[state(was = "count")]*/
    amount: u32,
}
#[derive(StableState)]
pub struct Smuggler {
    held: Vec<StashPile>,
}
