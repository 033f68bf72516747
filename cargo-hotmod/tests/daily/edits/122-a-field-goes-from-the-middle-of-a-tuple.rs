// A field goes from the middle of a tuple.
// state: Barge
// then: refused

//// before
#[derive(StableState)]
pub struct Hold(u8, u16, u32);
#[derive(StableState)]
pub struct Barge {
    hold: Hold,
}

//// after
#[derive(StableState)]
pub struct Hold(u8, u32);
#[derive(StableState)]
pub struct Barge {
    hold: Hold,
}
