// A variant and its field get other names.
// state: Clerk
// then: always

//// before
#[derive(StableState)]
pub enum Duty {
    Busy { since: u64 },
    Free,
}
#[derive(StableState)]
pub struct Clerk {
    duty: Duty,
}

//// after
#[derive(StableState)]
pub enum Duty {
    /*+#[state(was = "Busy")]*/
    BusyNow {
        /*+#[state(was = "since")]*/
        since_ms: u64,
    },
    Free,
}
#[derive(StableState)]
pub struct Clerk {
    duty: Duty,
}
