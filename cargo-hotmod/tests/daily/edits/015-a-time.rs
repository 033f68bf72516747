// A time.
// state: Oven
// then: always

//// before
#[derive(StableState)]
pub struct Oven {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Oven {
    id: u64,
    /*+#[state(default)]*/
    baked: std::time::Duration,
}
