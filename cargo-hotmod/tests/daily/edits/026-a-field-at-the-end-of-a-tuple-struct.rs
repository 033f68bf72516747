// A field at the end of a tuple struct.
// state: Abbey
// then: always

//// before
#[derive(StableState)]
pub struct Abbey(u64);

//// after
#[derive(StableState)]
pub struct Abbey(u64, /*+#[state(default)] */pub String);
