// A text.
// state: Badge
// then: always

//// before
#[derive(StableState)]
pub struct Badge {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Badge {
    id: u64,
    /*+#[state(default)]*/
    motto: String,
}
