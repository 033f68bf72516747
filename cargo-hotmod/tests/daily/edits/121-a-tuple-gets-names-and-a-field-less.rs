// A tuple gets names, and a field less.
// state: Laser
// then: refused

//// before
#[derive(StableState)]
pub struct Beam(u32, u32);
#[derive(StableState)]
pub struct Laser {
    beam: Beam,
}

//// after
#[derive(StableState)]
pub struct Beam {
    power: u32,
}
#[derive(StableState)]
pub struct Laser {
    beam: Beam,
}
