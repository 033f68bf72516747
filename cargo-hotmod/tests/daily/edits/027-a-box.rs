// A box.
// state: Bakery
// then: always

//// before
#[derive(StableState)]
pub struct Bakery {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Bakery {
    id: u64,
    /*+#[state(default)]*/
    oven: Box<u32>,
}
