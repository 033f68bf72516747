// A struct on one line.
// state: Yard
// then: always

//// before
#[derive(StableState)] pub struct Yard { id: u64 }

//// after
#[derive(StableState)] pub struct Yard { id: u64, /*+#[state(default)] */trees: u16 }
