// A name that is a word of the language.
// state: Parcel
// then: always

//// before
#[derive(StableState)]
pub struct Parcel {
    type_of: u8,
    grams: u32,
}

//// after
#[derive(StableState)]
pub struct Parcel {
    /*+#[state(was = "type_of")]*/
    r#type: u8,
    grams: u32,
}
