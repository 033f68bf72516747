// A field with a comment.
// state: Stable
// then: always

//// before
#[derive(StableState)]
pub struct Stable {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Stable {
    id: u64,
    /// How many it has.
    // Not more than there are stalls.
    /*+#[state(default)]*/
    horses: u32, // counted at night
}
