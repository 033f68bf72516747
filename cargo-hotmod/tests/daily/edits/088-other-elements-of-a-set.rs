// Other elements of a set.
// state: Kennel
// then: always

//// before
#[derive(StableState)]
pub struct Kennel {
    id: u64,
    value: std::collections::BTreeSet<u16>,
}

//// after
#[derive(StableState)]
pub struct Kennel {
    id: u64,
    /*+#[state(rebuild)]*/
    value: std::collections::BTreeSet<u32>,
}
