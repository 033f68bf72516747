#[hotmod::export]
pub async fn quote(symbol: &str) -> Option<f64> {
    price(symbol).await
}
