// A payload that grows at its end.
// state: Sawmill
// then: always

//// before
#[derive(StableState)]
pub enum Log {
    Round(u32),
    Cut,
}
#[derive(StableState)]
pub struct Sawmill {
    log: Log,
}

//// after
#[derive(StableState)]
pub enum Log {
    Round(u32, /*+#[state(default)] */u8),
    Cut,
}
#[derive(StableState)]
pub struct Sawmill {
    log: Log,
}
