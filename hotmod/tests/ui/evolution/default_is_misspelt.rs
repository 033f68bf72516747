#[hotmod::export]
pub fn damage(base: u32, #[hotmod(defualt = 2)] factor: u32) -> u32 {
    base * factor
}

fn main() {}
