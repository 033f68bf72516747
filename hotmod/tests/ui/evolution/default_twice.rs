#[hotmod::export]
pub fn damage(base: u32, #[hotmod(default)] #[hotmod(default = 2)] factor: u32) -> u32 {
    base * factor
}

fn main() {}
