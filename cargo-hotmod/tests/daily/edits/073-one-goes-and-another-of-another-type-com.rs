// One goes, and another of another type comes.
// state: Turbine
// then: refused

//// before
#[derive(StableState)]
pub struct Turbine {
    id: u64,
    maker: String,
}

//// after
#[derive(StableState)]
pub struct Turbine {
    id: u64,
    /*+#[state(default)]*/
    blades: u8,
}
