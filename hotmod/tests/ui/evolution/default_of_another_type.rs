#[hotmod::export]
pub fn damage(base: u32, #[hotmod(default = "much")] factor: u32) -> u32 {
    base * factor
}

fn main() {}
