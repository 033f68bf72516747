// An enum.
// state: Factory
// then: always

//// before
#[derive(StableState)]
pub enum Belt {
    Stopped,
    Running(u8),
}
#[derive(StableState)]
pub struct Factory {
    belt: Belt,
}

//// after
#[derive(StableState)]
/*+#[state(was = "Belt")]*/
pub enum Conveyor {
    Stopped,
    Running(u8),
}
#[derive(StableState)]
pub struct Factory {
    belt: Conveyor,
}
