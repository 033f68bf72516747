// A type in a list.
// state: Dormitory
// then: always

//// before
#[derive(StableState)]
pub struct Bunk {
    width: u16,
    height: u16,
}
#[derive(StableState)]
pub struct Dormitory {
    beds: Vec<Bunk>,
}

//// after
#[derive(StableState)]
/*+#[state(was = "Bunk")]*/
pub struct Berth {
    width: u16,
    height: u16,
}
#[derive(StableState)]
pub struct Dormitory {
    beds: Vec<Berth>,
}
