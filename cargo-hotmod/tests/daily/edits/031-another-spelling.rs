// Another spelling.
// state: Forge
// then: always

//// before
#[derive(StableState)]
pub struct Forge {
    id: u64,
    colour: String,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Forge {
    id: u64,
    /*+#[state(was = "colour")]*/
    color: String,
    open: bool,
}
