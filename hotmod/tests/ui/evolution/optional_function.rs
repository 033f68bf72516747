#[hotmod::export]
#[hotmod::optional]
pub fn damage(base: u32) -> u32 {
    base
}

fn main() {}
