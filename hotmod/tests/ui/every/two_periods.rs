#[hotmod::every("1s", "2s")]
fn tick() {}

fn main() {}
