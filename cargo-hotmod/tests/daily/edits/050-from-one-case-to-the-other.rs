// From one case to the other.
// state: Ziggurat
// then: always

//// before
#[derive(StableState)]
#[allow(non_snake_case)]
pub struct Ziggurat {
    id: u64,
    stepCount: u32,
}

//// after
#[derive(StableState)]
pub struct Ziggurat {
    id: u64,
    /*+#[state(was = "stepCount")]*/
    step_count: u32,
}
