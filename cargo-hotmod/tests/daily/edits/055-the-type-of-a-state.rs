// The type of a state.
// state: Embassy -> Consulate
// then: always

//// before
#[derive(StableState)]
pub struct Embassy {
    flag: String,
    staff: u32,
}

//// after
#[derive(StableState)]
/*+#[state(was = "Embassy")]*/
pub struct Consulate {
    flag: String,
    staff: u32,
}
