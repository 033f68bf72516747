// A field moves from one struct to another.
// state: Bazaar
// then: refused

//// before
#[derive(StableState)]
pub struct Stall {
    rent: u32,
    owner: String,
}
#[derive(StableState)]
pub struct Keeper {
    age: u8,
}
#[derive(StableState)]
pub struct Bazaar {
    stall: Stall,
    keeper: Keeper,
}

//// after
#[derive(StableState)]
pub struct Stall {
    rent: u32,
}
#[derive(StableState)]
pub struct Keeper {
    age: u8,
    owner: String,
}
#[derive(StableState)]
pub struct Bazaar {
    stall: Stall,
    keeper: Keeper,
}
