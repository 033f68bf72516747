pub async fn damage(base: u32, armour: &str) -> u32 {
    base
}
