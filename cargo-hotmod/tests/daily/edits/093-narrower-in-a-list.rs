// Narrower in a list.
// state: Pagoda
// then: conditional

//// before
#[derive(StableState)]
pub struct Pagoda {
    id: u64,
    value: Vec<u64>,
}

//// after
#[derive(StableState)]
pub struct Pagoda {
    id: u64,
    /*+#[state(checked)]*/
    value: Vec<u32>,
}
