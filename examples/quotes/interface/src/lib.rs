//! What the server of quotes calls of its module, besides its `async` function `quote`.
#![forbid(unsafe_code)]

/// What one client has asked for.
#[hotmod::interface]
pub trait Account {
    /// Notes a quote, and says how many there were.
    fn note(&mut self, symbol: &str, total: f64) -> u64;

    /// What all quotes came to.
    fn total(&self) -> f64;
}
