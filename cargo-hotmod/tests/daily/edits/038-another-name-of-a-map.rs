// Another name of a map.
// state: Market
// then: always

//// before
#[derive(StableState)]
pub struct Market {
    id: u64,
    names: std::collections::BTreeMap<u32, String>,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Market {
    id: u64,
    /*+#[state(was = "names")]*/
    labels: std::collections::BTreeMap<u32, String>,
    open: bool,
}
