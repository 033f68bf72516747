// A type with an id keeps it: nothing is to be written.
// state: Junction
// then: always

//// before
#[derive(StableState)]
#[state(id = "RailPiece")]
pub struct Rail {
    length: u32,
}
#[derive(StableState)]
pub struct Junction {
    rails: Vec<Rail>,
}

//// after
#[derive(StableState)]
#[state(id = "RailPiece")]
pub struct Track {
    length: u32,
}
#[derive(StableState)]
pub struct Junction {
    rails: Vec<Track>,
}
