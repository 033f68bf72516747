// Two generic fields change their names for each other's.
// state: Exchange
// then: always

//// before
#[derive(StableState)]
pub struct Trade<A, B> {
    given: A,
    taken: B,
}
#[derive(StableState)]
pub struct Exchange {
    last: Trade<u32, String>,
}

//// after
#[derive(StableState)]
pub struct Trade<A, B> {
    taken: B,
    given: A,
}
#[derive(StableState)]
pub struct Exchange {
    last: Trade<u32, String>,
}
