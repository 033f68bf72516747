// Another name, and wider.
// state: Tavern
// then: always

//// before
#[derive(StableState)]
pub struct Tavern {
    id: u64,
    beer_count: u32,
    open: bool,
}

//// after
#[derive(StableState)]
pub struct Tavern {
    id: u64,
    /*+#[state(was = "beer_count")]*/
    beers_count: u64,
    open: bool,
}
