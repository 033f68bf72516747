// A new field on the line of the others.
// state: Dock
// then: always

//// before
#[derive(StableState)]
pub struct Dock { name: String, ships: u32 }

//// after
#[derive(StableState)]
pub struct Dock { name: String, ships: u32, /*+#[state(default)] */cranes: u32 }
