// A variant less: nothing is written, and values must allow it.
// state: Quarter
// then: conditional

//// before
#[derive(StableState)]
pub enum Ward {
    Old,
    New(u32),
}
#[derive(StableState)]
pub struct Quarter {
    ward: Ward,
}

//// after
#[derive(StableState)]
pub enum Ward {
    New(u32),
}
#[derive(StableState)]
pub struct Quarter {
    ward: Ward,
}
