#[hotmod::every("1s")]
fn tick() -> u32 {
    7
}

fn main() {}
