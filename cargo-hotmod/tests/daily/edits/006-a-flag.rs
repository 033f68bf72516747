// A flag.
// state: Ferry
// then: always

//// before
#[derive(StableState)]
pub struct Ferry {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Ferry {
    id: u64,
    /*+#[state(default)]*/
    docked: bool,
}
