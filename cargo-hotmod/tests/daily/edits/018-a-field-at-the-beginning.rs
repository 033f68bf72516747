// A field at the beginning.
// state: Ranch
// then: always

//// before
#[derive(StableState)]
pub struct Ranch {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Ranch {
    /*+#[state(default)]*/
    cows: u32,
    id: u64,
}
