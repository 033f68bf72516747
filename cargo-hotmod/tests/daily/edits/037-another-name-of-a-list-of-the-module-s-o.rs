// Another name of a list of the module's own type.
// state: Library
// then: always

//// before
#[derive(StableState)]
pub struct Reader {
    age: u8,
}
#[derive(StableState)]
pub struct Library {
    id: u64,
    people: Vec<Reader>,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Reader {
    age: u8,
}
#[derive(StableState)]
pub struct Library {
    id: u64,
    /*+#[state(was = "people")]*/
    members: Vec<Reader>,
    open: bool,
}
