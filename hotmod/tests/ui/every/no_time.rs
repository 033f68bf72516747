#[hotmod::every("0ms")]
fn tick() {}

fn main() {}
