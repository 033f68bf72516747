// Another name deep within.
// state: Colony
// then: always

//// before
#[derive(StableState)]
pub struct Ant {
    health: u32,
    load: u8,
}
#[derive(StableState)]
pub struct Colony {
    ants: std::collections::HashMap<String, Option<Box<Ant>>>,
}

//// after
#[derive(StableState)]
pub struct Ant {
    /*+#[state(was = "health")]*/
    health_points: u32,
    load: u8,
}
#[derive(StableState)]
pub struct Colony {
    ants: std::collections::HashMap<String, Option<Box<Ant>>>,
}
