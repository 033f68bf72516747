// A variant with a payload.
// state: Laboratory
// then: always

//// before
#[derive(StableState)]
pub enum Probe {
    Idle,
    Sample(Vec<u8>),
}
#[derive(StableState)]
pub struct Laboratory {
    probe: Probe,
}

//// after
#[derive(StableState)]
pub enum Probe {
    Idle,
    /*+#[state(was = "Sample")]*/
    Specimen(Vec<u8>),
}
#[derive(StableState)]
pub struct Laboratory {
    probe: Probe,
}
