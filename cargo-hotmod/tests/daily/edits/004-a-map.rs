// A map.
// state: Depot
// then: always

//// before
#[derive(StableState)]
pub struct Depot {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Depot {
    id: u64,
    /*+#[state(default)]*/
    stock: std::collections::HashMap<String, u32>,
}
