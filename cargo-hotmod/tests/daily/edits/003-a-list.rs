// A list.
// state: Cabin
// then: always

//// before
#[derive(StableState)]
pub struct Cabin {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Cabin {
    id: u64,
    /*+#[state(default)]*/
    guests: Vec<String>,
}
