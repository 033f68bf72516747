// A tuple.
// state: Nest
// then: always

//// before
#[derive(StableState)]
pub struct Nest {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Nest {
    id: u64,
    /*+#[state(default)]*/
    at: (i32, i32),
}
