// A key with one field more.
// state: Loft
// then: conditional

//// before
#[derive(StableState, PartialEq, Eq, Hash)]
pub struct LoftKey {
    x: u8,
}
#[derive(StableState)]
pub struct Loft {
    id: u64,
    value: std::collections::HashMap<LoftKey, u8>,
}

//// after
#[derive(StableState, PartialEq, Eq, Hash)]
pub struct LoftKey {
    x: u8,
    /*+#[state(default)]*/
    y: u8,
}
#[derive(StableState)]
pub struct Loft {
    id: u64,
    /*+#[state(rebuild)]*/
    value: std::collections::HashMap<LoftKey, u8>,
}
