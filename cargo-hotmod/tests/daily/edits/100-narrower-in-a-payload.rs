// Narrower in a payload.
// state: Stadium
// then: conditional

//// before
#[derive(StableState)]
pub enum Game {
    None,
    Played(u64),
}
#[derive(StableState)]
pub struct Stadium {
    game: Game,
}

//// after
#[derive(StableState)]
pub enum Game {
    None,
    Played(/*+#[state(checked)] */u16),
}
#[derive(StableState)]
pub struct Stadium {
    game: Game,
}
