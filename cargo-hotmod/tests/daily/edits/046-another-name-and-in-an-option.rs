// Another name, and in an `Option`.
// state: Villa
// then: always

//// before
#[derive(StableState)]
pub struct Villa {
    id: u64,
    owner: String,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Villa {
    id: u64,
    /*+#[state(was = "owner")]*/
    owner_name: Option<String>,
    open: bool,
}
