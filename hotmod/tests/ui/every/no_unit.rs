#[hotmod::every("50")]
fn tick() {}

fn main() {}
