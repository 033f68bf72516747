pub async fn damage<T>(base: T) -> &'static str {
    "none"
}
