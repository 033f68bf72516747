// Narrower, and a new field, and another name.
// state: Theatre
// then: conditional

//// before
#[derive(StableState)]
pub struct Theatre {
    seat_count: u32,
    balance: i64,
}

//// after
#[derive(StableState)]
pub struct Theatre {
    /*+#[state(was = "seat_count")]*/
    seats: u32,
    /*+#[state(checked)]*/
    balance: i32,
    /*+#[state(default)]*/
    stage: String,
}
