// Narrower in a tuple in a list.
// state: Pump
// then: conditional

//// before
#[derive(StableState)]
pub struct Pump {
    id: u64,
    value: Vec<(u8, u64)>,
}

//// after
#[derive(StableState)]
pub struct Pump {
    id: u64,
    /*+#[state(checked)]*/
    value: Vec<(u8, u32)>,
}
