// One that may be absent goes, and another comes.
// state: Locker
// then: refused

//// before
#[derive(StableState)]
pub struct Locker {
    id: u64,
    owner: Option<String>,
}

//// after
#[derive(StableState)]
pub struct Locker {
    id: u64,
    note: Option<String>,
}
