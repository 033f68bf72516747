#[hotmod::every("ms")]
fn tick() {}

#[hotmod::every("-5ms")]
fn tock() {}

#[hotmod::every("1.5s")]
fn rest() {}

fn main() {}
