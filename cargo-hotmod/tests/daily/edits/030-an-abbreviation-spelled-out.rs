// An abbreviation spelled out.
// state: Echo
// then: always

//// before
#[derive(StableState)]
pub struct Echo {
    id: u64,
    pos: (f32, f32),
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Echo {
    id: u64,
    /*+#[state(was = "pos")]*/
    position: (f32, f32),
    open: bool,
}
