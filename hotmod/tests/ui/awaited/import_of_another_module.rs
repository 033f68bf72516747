#[hotmod::import(module = "market")]
async fn quote(symbol: &str) -> Option<f64>;

fn main() {}
