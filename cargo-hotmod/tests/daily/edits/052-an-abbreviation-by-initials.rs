// An abbreviation by initials.
// state: Barn
// then: always

//// before
#[derive(StableState)]
pub struct Barn {
    id: u64,
    hp: u32,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Barn {
    id: u64,
    /*+#[state(was = "hp")]*/
    hit_points: u32,
    open: bool,
}
