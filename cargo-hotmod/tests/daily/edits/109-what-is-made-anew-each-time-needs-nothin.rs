// What is made anew each time needs nothing.
// state: Dungeon
// then: always

//// before
#[derive(StableState)]
pub struct Dungeon {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct Dungeon {
    id: u64,
    #[state(skip)]
    cache: Vec<u8>,
}
