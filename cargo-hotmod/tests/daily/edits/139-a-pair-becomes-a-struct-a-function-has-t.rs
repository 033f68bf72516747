// A pair becomes a struct: a function has to make it.
// state: Plotter
// then: refused

//// before
#[derive(StableState)]
pub struct Plotter {
    at: (u32, u32),
}

//// after
#[derive(StableState)]
pub struct Spot {
    x: u32,
    y: u32,
}
#[derive(StableState)]
pub struct Plotter {
    at: Spot,
}
