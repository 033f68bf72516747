// A float of fewer bits.
// state: Chapel
// then: conditional

//// before
#[derive(StableState)]
pub struct Chapel {
    id: u64,
    value: f64,
}

//// after
#[derive(StableState)]
pub struct Chapel {
    id: u64,
    /*+#[state(checked)]*/
    value: f32,
}
