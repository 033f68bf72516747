// Another name of a struct that it holds.
// state: Nursery
// then: always

//// before
#[derive(StableState)]
pub struct Bed {
    width: u16,
}
#[derive(StableState)]
pub struct Nursery {
    id: u64,
    cot: Bed,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Bed {
    width: u16,
}
#[derive(StableState)]
pub struct Nursery {
    id: u64,
    /*+#[state(was = "cot")]*/
    place: Bed,
    open: bool,
}
