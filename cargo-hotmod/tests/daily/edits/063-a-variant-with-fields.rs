// A variant with fields.
// state: Museum
// then: always

//// before
#[derive(StableState)]
pub enum Exhibit {
    Stored,
    Shown { hall: u8, until: u64 },
}
#[derive(StableState)]
pub struct Museum {
    all: Vec<Exhibit>,
}

//// after
#[derive(StableState)]
pub enum Exhibit {
    Stored,
    /*+#[state(was = "Shown")]*/
    OnShow { hall: u8, until: u64 },
}
#[derive(StableState)]
pub struct Museum {
    all: Vec<Exhibit>,
}
