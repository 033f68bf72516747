// A name in a variant.
// state: Xylophone
// then: always

//// before
#[derive(StableState)]
pub enum Xylophone {
    Quiet,
    Played { since: u64, by: String },
}

//// after
#[derive(StableState)]
pub enum Xylophone {
    Quiet,
    Played { since: u64, /*+#[state(was = "by")] */by_whom: String },
}
