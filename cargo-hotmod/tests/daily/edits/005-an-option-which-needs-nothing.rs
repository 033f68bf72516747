// An `Option`, which needs nothing.
// state: Estate
// then: always

//// before
#[derive(StableState)]
pub struct Estate {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Estate {
    id: u64,
    owner: Option<String>,
}
