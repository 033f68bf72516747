// The same with a default, which would forget them.
// state: Windmill
// then: refused

//// before
#[derive(StableState)]
pub struct Windmill {
    id: u64,
    x: i32,
    y: i32,
}

//// after
#[derive(StableState, Default)]
pub struct WindmillAt {
    x: i32,
    y: i32,
}
#[derive(StableState)]
pub struct Windmill {
    id: u64,
    at: WindmillAt,
}
