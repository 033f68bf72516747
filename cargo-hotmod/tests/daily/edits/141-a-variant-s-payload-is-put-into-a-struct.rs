// A variant's payload is put into a struct.
// state: Printer
// then: refused

//// before
#[derive(StableState)]
pub enum Job {
    Page { width: u32, height: u32 },
    Idle,
}
#[derive(StableState)]
pub struct Printer {
    job: Job,
}

//// after
#[derive(StableState)]
pub struct PageOf {
    width: u32,
    height: u32,
}
#[derive(StableState)]
pub enum Job {
    Page(PageOf),
    Idle,
}
#[derive(StableState)]
pub struct Printer {
    job: Job,
}
