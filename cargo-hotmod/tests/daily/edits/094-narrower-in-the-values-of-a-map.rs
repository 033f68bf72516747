// Narrower in the values of a map.
// state: Prison
// then: conditional

//// before
#[derive(StableState)]
pub struct Prison {
    id: u64,
    value: std::collections::BTreeMap<u8, u64>,
}

//// after
#[derive(StableState)]
pub struct Prison {
    id: u64,
    /*+#[state(checked)]*/
    value: std::collections::BTreeMap<u8, u16>,
}
