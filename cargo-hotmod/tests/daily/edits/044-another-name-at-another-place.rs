// Another name, at another place.
// state: School
// then: always

//// before
#[derive(StableState)]
pub struct School {
    head_teacher: String,
    id: u64,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct School {
    id: u64,
    open: bool,
    /*+#[state(was = "head_teacher")]*/
    teacher: String,
}
