// A field that says something already.
// state: Temple
// then: always

//// before
#[derive(StableState)]
pub struct Temple {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Temple {
    id: u64,
    #[state(secret/*+, default*/)]
    vow: String,
}
