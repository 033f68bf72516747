// A type, and the field that holds it.
// state: Hangar
// then: always

//// before
#[derive(StableState)]
pub struct Plane {
    seats: u16,
}
#[derive(StableState)]
pub struct Hangar {
    id: u64,
    plane: Plane,
    open: bool,
}

//// after
#[derive(StableState)]
/*+#[state(was = "Plane")]*/
pub struct Aircraft {
    seats: u16,
}
#[derive(StableState)]
pub struct Hangar {
    id: u64,
    /*+#[state(was = "plane")]*/
    aircraft: Aircraft,
    open: bool,
}
