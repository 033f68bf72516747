// Two structs become one.
// state: Casino
// then: refused

//// before
#[derive(StableState)]
pub struct Table {
    seats: u8,
}
#[derive(StableState)]
pub struct Dealer {
    badge: u64,
}
#[derive(StableState)]
pub struct Casino {
    table: Table,
    dealer: Dealer,
}

//// after
#[derive(StableState)]
pub struct Table {
    seats: u8,
    badge: u64,
}
#[derive(StableState)]
pub struct Casino {
    table: Table,
}
