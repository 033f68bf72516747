// One more variant needs nothing.
// state: Observatory
// then: always

//// before
#[derive(StableState)]
pub enum Dome {
    Shut,
    Open,
}
#[derive(StableState)]
pub struct Observatory {
    dome: Dome,
}

//// after
#[derive(StableState)]
pub enum Dome {
    Shut,
    Open,
    Turning(u16),
}
#[derive(StableState)]
pub struct Observatory {
    dome: Dome,
}
