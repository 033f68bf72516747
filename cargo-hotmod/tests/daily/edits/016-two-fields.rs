// Two fields.
// state: Palace
// then: always

//// before
#[derive(StableState)]
pub struct Palace {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Palace {
    id: u64,
    /*+#[state(default)]*/
    halls: u16,
    /*+#[state(default)]*/
    towers: Vec<u8>,
}
