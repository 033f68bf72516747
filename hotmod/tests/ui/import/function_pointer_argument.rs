#[hotmod::import]
fn later(run: fn()) -> u32;

fn main() {}
