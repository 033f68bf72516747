// A field of a generic type gets another name.
// state: Stockroom
// then: always

//// before
#[derive(StableState)]
pub struct Good {
    tons: u32,
}
#[derive(StableState)]
pub struct Bin<T> {
    item: T,
}
#[derive(StableState)]
pub struct Stockroom {
    rack: Bin<Good>,
}

//// after
#[derive(StableState)]
pub struct Good {
    tons: u32,
}
#[derive(StableState)]
pub struct Bin<T> {
    /*+#[state(was = "item")]*/
    content: T,
}
#[derive(StableState)]
pub struct Stockroom {
    rack: Bin<Good>,
}
