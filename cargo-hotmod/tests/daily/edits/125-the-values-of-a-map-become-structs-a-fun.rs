// The values of a map become structs: a function has to make them.
// state: Ledger
// then: refused

//// before
#[derive(StableState)]
pub struct Ledger {
    accounts: std::collections::HashMap<String, u32>,
}

//// after
#[derive(StableState)]
pub struct LedgerEntry {
    balance: u32,
}
#[derive(StableState)]
pub struct Ledger {
    accounts: std::collections::HashMap<String, LedgerEntry>,
}
