//! Takes orders that its host knows an earlier form of, and receipts that both know alike.

use hotmod::StableState;

hotmod::module! { name: "converted", version: env!("CARGO_PKG_VERSION") }

/// Ten fields that the host knows, and one that it does not.
#[derive(StableState)]
#[allow(missing_docs, reason = "the fields are there to be converted")]
pub struct Order {
    #[state(default)]
    pub channel: u32,
    pub id: u64,
    pub buyer: String,
    pub item: u32,
    pub count: u32,
    pub price: u64,
    pub tax: u64,
    pub paid: bool,
    pub sent: bool,
    pub at: u64,
    pub weight: f64,
}

/// The ten that the host knows.
#[derive(StableState)]
#[allow(missing_docs, reason = "the fields are there to be converted")]
pub struct Receipt {
    pub id: u64,
    pub buyer: String,
    pub item: u32,
    pub count: u32,
    pub price: u64,
    pub tax: u64,
    pub paid: bool,
    pub sent: bool,
    pub at: u64,
    pub weight: f64,
}

/// What both know alike.
#[derive(StableState)]
#[allow(missing_docs, reason = "the fields are there to be moved")]
pub struct Item {
    pub id: u64,
    pub name: String,
}

/// Many of them in what the host knows an earlier form of.
#[derive(StableState)]
#[allow(missing_docs, reason = "the fields are there to be converted")]
pub struct Page {
    #[state(default)]
    pub next: u64,
    pub items: Vec<Item>,
}

/// Gives back what is converted on both ways.
#[hotmod::export]
pub fn page(page: Page) -> Page {
    page
}

/// Takes one that is converted.
#[hotmod::export]
pub fn order(order: Order) -> u64 {
    order.id + order.buyer.len() as u64 + u64::from(order.channel)
}

/// Takes one that is not.
#[hotmod::export]
pub fn receipt(receipt: Receipt) -> u64 {
    receipt.id + receipt.buyer.len() as u64
}

/// Takes many that are converted.
#[hotmod::export]
pub fn orders(orders: Vec<Order>) -> u64 {
    orders.iter().map(|order| order.id).sum()
}

/// Takes many that are not.
#[hotmod::export]
pub fn receipts(receipts: Vec<Receipt>) -> u64 {
    receipts.iter().map(|receipt| receipt.id).sum()
}
