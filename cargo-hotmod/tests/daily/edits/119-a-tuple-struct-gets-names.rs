// A tuple struct gets names.
// state: Radar
// then: always

//// before
#[derive(StableState)]
pub struct Blip(u32, String);
#[derive(StableState)]
pub struct Radar {
    blip: Blip,
}

//// after
#[derive(StableState)]
pub struct Blip {
    /*+#[state(was = "0")]*/
    range: u32,
    /*+#[state(was = "1")]*/
    label: String,
}
#[derive(StableState)]
pub struct Radar {
    blip: Blip,
}
