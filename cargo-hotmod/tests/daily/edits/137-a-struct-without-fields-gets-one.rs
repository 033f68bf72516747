// A struct without fields gets one.
// state: Beacon
// then: always

//// before
#[derive(StableState)]
pub struct Signal;
#[derive(StableState)]
pub struct Beacon {
    signal: Signal,
}

//// after
#[derive(StableState)]
pub struct Signal {
    /*+#[state(default)]*/
    at: u32,
}
#[derive(StableState)]
pub struct Beacon {
    signal: Signal,
}
