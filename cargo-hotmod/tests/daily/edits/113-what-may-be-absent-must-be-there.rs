// What may be absent must be there.
// state: Cattery
// then: conditional

//// before
#[derive(StableState)]
pub struct Cattery {
    id: u64,
    owner: Option<String>,
}

//// after
#[derive(StableState)]
pub struct Cattery {
    id: u64,
    /*+#[state(checked)]*/
    owner: String,
}
