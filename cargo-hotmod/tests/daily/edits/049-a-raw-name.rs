// A raw name.
// state: Yacht
// then: always

//// before
#[derive(StableState)]
pub struct Yacht {
    id: u64,
    kind: u8,
}

//// after
#[derive(StableState)]
pub struct Yacht {
    id: u64,
    /*+#[state(was = "kind")]*/
    r#kind_of: u8,
}
