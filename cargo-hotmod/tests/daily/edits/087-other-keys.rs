// Other keys.
// state: Jewellery
// then: always

//// before
#[derive(StableState)]
pub struct Jewellery {
    id: u64,
    value: std::collections::HashMap<u16, u8>,
}

//// after
#[derive(StableState)]
pub struct Jewellery {
    id: u64,
    /*+#[state(rebuild)]*/
    value: std::collections::HashMap<u32, u8>,
}
