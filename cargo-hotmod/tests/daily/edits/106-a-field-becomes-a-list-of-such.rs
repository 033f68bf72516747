// A field becomes a list of such.
// state: Bridge
// then: refused

//// before
#[derive(StableState)]
pub struct Bridge {
    id: u64,
    name: String,
}

//// after
#[derive(StableState)]
pub struct Bridge {
    id: u64,
    names: Vec<String>,
}
