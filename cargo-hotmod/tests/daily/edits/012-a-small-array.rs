// A small array.
// state: Lamp
// then: always

//// before
#[derive(StableState)]
pub struct Lamp {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Lamp {
    id: u64,
    /*+#[state(default)]*/
    rgb: [u8; 3],
}
