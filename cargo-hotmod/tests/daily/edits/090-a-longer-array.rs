// A longer array.
// state: Mosque
// then: always

//// before
#[derive(StableState)]
pub struct Mosque {
    id: u64,
    value: [u16; 4],
}

//// after
#[derive(StableState)]
pub struct Mosque {
    id: u64,
    /*+#[state(fill = Default::default())]*/
    value: [u16; 8],
}
