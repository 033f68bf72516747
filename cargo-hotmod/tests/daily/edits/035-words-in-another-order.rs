// Words in another order.
// state: Jetty
// then: always

//// before
#[derive(StableState)]
pub struct Jetty {
    id: u64,
    count_max: u32,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Jetty {
    id: u64,
    /*+#[state(was = "count_max")]*/
    max_count: u32,
    open: bool,
}
