// A plural.
// state: Hamlet
// then: always

//// before
#[derive(StableState)]
pub struct Hamlet {
    id: u64,
    score: Vec<u16>,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Hamlet {
    id: u64,
    /*+#[state(was = "score")]*/
    scores: Vec<u16>,
    open: bool,
}
