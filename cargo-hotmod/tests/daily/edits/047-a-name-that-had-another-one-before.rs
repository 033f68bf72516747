// A name that had another one before.
// state: Well
// then: always

//// before
#[derive(StableState)]
pub struct Well {
    id: u64,
    #[state(was = "deep")]
    depth: u32,
}

//// after
#[derive(StableState)]
pub struct Well {
    id: u64,
    #[state(was = "deep"/*+, was = "depth"*/)]
    depth_cm: u32,
}
