// A field in the middle.
// state: Quarry
// then: always

//// before
#[derive(StableState)]
pub struct Quarry {
    id: u64,
    depth: u32,
}

//// after
#[derive(StableState)]
pub struct Quarry {
    id: u64,
    /*+#[state(default)]*/
    stones: u64,
    depth: u32,
}
