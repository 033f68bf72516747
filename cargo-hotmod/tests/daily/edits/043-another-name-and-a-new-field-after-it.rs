// Another name, and a new field after it.
// state: Rink
// then: always

//// before
#[derive(StableState)]
pub struct Rink {
    id: u64,
    ice_age: u32,
}

//// after
#[derive(StableState)]
pub struct Rink {
    id: u64,
    /*+#[state(was = "ice_age")]*/
    ice_age_days: u32,
    /*+#[state(default)]*/
    lights: bool,
}
