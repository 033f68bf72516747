// Signs and widths change.
// state: Gauge
// then: conditional

//// before
#[derive(StableState)]
pub struct Gauge {
    low: i64,
    high: f64,
    count: usize,
}

//// after
#[derive(StableState)]
pub struct Gauge {
    /*+#[state(checked)]*/
    low: u64,
    /*+#[state(checked)]*/
    high: f32,
    /*+#[state(checked)]*/
    count: u32,
}
