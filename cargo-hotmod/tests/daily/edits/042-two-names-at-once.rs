// Two names at once.
// state: Quay
// then: always

//// before
#[derive(StableState)]
pub struct Quay {
    ship_name: String,
    id: u64,
    mast_count: u32,
}

//// after
#[derive(StableState)]
pub struct Quay {
    /*+#[state(was = "ship_name")]*/
    vessel_name: String,
    id: u64,
    /*+#[state(was = "mast_count")]*/
    masts: u32,
}
