//! What the modules that are linked and loaded offer.

use hotmod::StableState;

/// A coin that was taken. Both modules mention it.
#[derive(StableState, Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which of the till's.
    pub number: u64,
    /// What the coin is worth.
    pub worth: u32,
}

/// A till.
#[hotmod::interface]
pub trait Till {
    /// Takes a coin.
    fn put(&mut self, worth: u32) -> Result<Receipt, String>;

    /// What the coins are worth.
    fn total(&self) -> u64;

    /// How often its bell rang.
    fn rings(&self) -> u64;

    /// What is written on it.
    fn label(&mut self) -> String;

    /// Panics.
    fn jam(&mut self, why: &str);
}

/// A shop, which has its till elsewhere.
#[hotmod::interface]
pub trait Shop {
    /// Sells something, and has the till take the coin.
    fn sell(&mut self, worth: u32) -> Result<Receipt, String>;

    /// What was sold.
    fn sold(&self) -> Vec<Receipt>;
}
