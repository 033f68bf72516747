// A field of a variant.
// state: University
// then: always

//// before
#[derive(StableState)]
pub enum University {
    Closed,
    Open { since: u32 },
}

//// after
#[derive(StableState)]
pub enum University {
    Closed,
    Open { since: u32, /*+#[state(default)] */students: u32 },
}
