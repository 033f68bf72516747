// An array gets shorter: a function has to say what goes.
// state: Organ
// then: refused

//// before
#[derive(StableState)]
pub struct Organ {
    pipes: [u8; 8],
}

//// after
#[derive(StableState)]
pub struct Organ {
    pipes: [u8; 4],
}
