// A field goes: its value is not given up unasked.
// state: Terminal
// then: refused

//// before
#[derive(StableState)]
pub struct Terminal {
    id: u64,
    gates: u16,
}

//// after
#[derive(StableState)]
pub struct Terminal {
    id: u64,
}
