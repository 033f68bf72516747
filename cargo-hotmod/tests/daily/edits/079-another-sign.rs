// Another sign.
// state: Brewery
// then: conditional

//// before
#[derive(StableState)]
pub struct Brewery {
    id: u64,
    value: i32,
}

//// after
#[derive(StableState)]
pub struct Brewery {
    id: u64,
    /*+#[state(checked)]*/
    value: u32,
}
