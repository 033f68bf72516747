// A field of a generic struct.
// state: Vault
// then: always

//// before
#[derive(StableState)]
pub struct Slot<T> {
    item: T,
}
#[derive(StableState)]
pub struct Vault {
    a: Slot<u8>,
    b: Slot<String>,
}

//// after
#[derive(StableState)]
pub struct Slot<T> {
    item: T,
    /*+#[state(default)]*/
    taken: bool,
}
#[derive(StableState)]
pub struct Vault {
    a: Slot<u8>,
    b: Slot<String>,
}
