// A struct with a default of its own making.
// state: Kiosk
// then: always

//// before
#[derive(StableState)]
pub struct Kiosk {
    id: u64,
}

//// after
#[derive(StableState)]
pub struct KioskPrice {
    cents: u32,
}

impl Default for KioskPrice {
    fn default() -> Self {
        KioskPrice { cents: 100 }
    }
}
#[derive(StableState)]
pub struct Kiosk {
    id: u64,
    /*+#[state(default)]*/
    price: KioskPrice,
}
