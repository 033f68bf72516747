// Another form of a variant's name.
// state: Kitchen
// then: always

//// before
#[derive(StableState)]
pub enum Stove {
    Cold,
    Heated,
    Burnt,
}
#[derive(StableState)]
pub struct Kitchen {
    stove: Stove,
}

//// after
#[derive(StableState)]
pub enum Stove {
    Cold,
    /*+#[state(was = "Heated")]*/
    Heating,
    Burnt,
}
#[derive(StableState)]
pub struct Kitchen {
    stove: Stove,
}
