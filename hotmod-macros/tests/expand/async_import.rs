#[hotmod::import]
async fn fetch_price(symbol: &str, days: &[u32], currency: String) -> Option<f64>;
