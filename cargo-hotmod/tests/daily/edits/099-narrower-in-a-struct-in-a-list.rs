// Narrower in a struct in a list.
// state: Silo
// then: conditional

//// before
#[derive(StableState)]
pub struct Grain {
    weight: u64,
}
#[derive(StableState)]
pub struct Silo {
    grains: Vec<Grain>,
}

//// after
#[derive(StableState)]
pub struct Grain {
    /*+#[state(checked)]*/
    weight: u16,
}
#[derive(StableState)]
pub struct Silo {
    grains: Vec<Grain>,
}
