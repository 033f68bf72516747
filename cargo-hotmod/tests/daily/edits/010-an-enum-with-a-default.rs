// An enum with a default.
// state: Jail
// then: always

//// before
#[derive(StableState)]
pub struct Jail {
    id: u64,
}

//// after
#[derive(StableState, Default)]
pub enum LockKind {
    #[default]
    Shut,
    Open,
}
#[derive(StableState)]
pub struct Jail {
    id: u64,
    /*+#[state(default)]*/
    lock: LockKind,
}
