#[hotmod::every("50 ms")]
fn tick() {}

#[hotmod::every("5us")]
fn tock() {}

fn main() {}
