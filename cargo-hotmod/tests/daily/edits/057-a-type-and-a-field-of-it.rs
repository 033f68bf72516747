// A type, and a field of it.
// state: Gallery
// then: always

//// before
#[derive(StableState)]
pub struct Picture {
    title: String,
    year: u16,
    painter_name: String,
}
#[derive(StableState)]
pub struct Gallery {
    all: Vec<Picture>,
}

//// after
#[derive(StableState)]
/*+#[state(was = "Picture")]*/
pub struct Painting {
    title: String,
    year: u16,
    /*+#[state(was = "painter_name")]*/
    painter: String,
}
#[derive(StableState)]
pub struct Gallery {
    all: Vec<Painting>,
}
