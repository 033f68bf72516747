// Variants in another order need nothing.
// state: Pharmacy
// then: always

//// before
#[derive(StableState)]
pub enum Drug {
    A,
    B(u8),
}
#[derive(StableState)]
pub struct Pharmacy {
    drugs: Vec<Drug>,
}

//// after
#[derive(StableState)]
pub enum Drug {
    B(u8),
    A,
}
#[derive(StableState)]
pub struct Pharmacy {
    drugs: Vec<Drug>,
}
