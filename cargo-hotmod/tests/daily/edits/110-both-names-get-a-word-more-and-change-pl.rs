// Both names get a word more, and change places.
// state: Shift
// then: always

//// before
#[derive(StableState)]
pub struct Shift {
    start: u64,
    end: u64,
}

//// after
#[derive(StableState)]
pub struct Shift {
    /*+#[state(was = "end")]*/
    end_time: u64,
    /*+#[state(was = "start")]*/
    start_time: u64,
}
