// Two texts become one: which of them, is not said.
// state: Patient
// then: refused

//// before
#[derive(StableState)]
pub struct Patient {
    first_name: String,
    last_name: String,
}

//// after
#[derive(StableState)]
pub struct Patient {
    name: String,
}
