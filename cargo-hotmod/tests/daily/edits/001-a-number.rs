// A number.
// state: Account
// then: always

//// before
#[derive(StableState)]
pub struct Account {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Account {
    id: u64,
    /*+#[state(default)]*/
    credit: u32,
}
