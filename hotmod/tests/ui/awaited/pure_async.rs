#[hotmod::export(pure)]
pub async fn damage(base: u32) -> u32 {
    base
}

fn main() {}
