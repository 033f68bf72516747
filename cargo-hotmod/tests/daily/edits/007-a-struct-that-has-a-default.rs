// A struct that has a default.
// state: Garden
// then: always

//// before
#[derive(StableState)]
pub struct Garden {
    id: u64,
}

//// after
#[derive(StableState, Default)]
pub struct Soil {
    wet: bool,
}
#[derive(StableState)]
pub struct Garden {
    id: u64,
    /*+#[state(default)]*/
    soil: Soil,
}
