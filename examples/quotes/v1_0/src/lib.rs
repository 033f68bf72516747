//! Quotes, 1.0.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::time::Duration;

use hotmod::{StableState, Stop};
use quotes_interface::Account;

hotmod::module! { name: "quotes", version: env!("CARGO_PKG_VERSION") }

/// Asks the market, over HTTP.
#[hotmod::import]
async fn fetch_price(symbol: &str) -> Result<f64, String>;

/// The price of the index, for whoever looks.
#[hotmod::import]
fn show_index(price: f64, seen: u64, by: &str);

/// What so many of them cost, and the version that says so.
#[hotmod::export]
pub async fn quote(symbol: &str, count: u32) -> Result<(f64, String), String> {
    let price = hotmod::timeout(Duration::from_secs(30), fetch_price(symbol)).await??;
    Ok((
        price * f64::from(count),
        env!("CARGO_PKG_VERSION").to_owned(),
    ))
}

/// What one client has asked for: the total of each symbol.
#[derive(StableState)]
pub struct Ledger {
    totals: BTreeMap<String, f64>,
    quotes: u32,
}

#[hotmod::init]
fn open(_config: &str) -> Ledger {
    Ledger {
        totals: BTreeMap::new(),
        quotes: 0,
    }
}

#[hotmod::export]
impl Account for Ledger {
    fn note(&mut self, symbol: &str, total: f64) -> u64 {
        *self.totals.entry(symbol.to_owned()).or_default() += total;
        self.quotes += 1;
        self.quotes.into()
    }

    fn total(&self) -> f64 {
        self.totals.values().sum()
    }
}

/// What follows the index.
#[derive(StableState)]
pub struct Index {
    seen: u32,
}

/// Follows the index, from version to version.
#[hotmod::task]
async fn follow_index(handover: Option<Index>, mut stop: Stop) -> Index {
    let mut index = handover.unwrap_or(Index { seen: 0 });
    while let Some(price) = stop.or(fetch_price("INDEX")).await {
        if let Ok(price) = price {
            index.seen += 1;
            show_index(price, index.seen.into(), env!("CARGO_PKG_VERSION"));
        }
        let _ = stop.or(hotmod::sleep(Duration::from_millis(20))).await;
    }
    index
}
