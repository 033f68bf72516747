// A generic type.
// state: Igloo
// then: always

//// before
#[derive(StableState)]
pub struct Shelf<T> {
    items: Vec<T>,
}
#[derive(StableState)]
pub struct Igloo {
    a: Shelf<u8>,
}

//// after
#[derive(StableState)]
/*+#[state(was = "Shelf")]*/
pub struct Rack<T> {
    items: Vec<T>,
}
#[derive(StableState)]
pub struct Igloo {
    a: Rack<u8>,
}
