#[hotmod::every]
fn tick() {}

#[hotmod::every(50)]
fn tock() {}

fn main() {}
