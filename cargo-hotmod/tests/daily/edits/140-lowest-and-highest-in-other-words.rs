// Lowest and highest in other words.
// state: Thermostat
// then: refused

//// before
#[derive(StableState)]
pub struct Thermostat {
    min: i32,
    max: i32,
}

//// after
#[derive(StableState)]
pub struct Thermostat {
    lowest: i32,
    highest: i32,
}
