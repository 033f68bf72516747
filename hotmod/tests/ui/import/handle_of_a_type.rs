#[hotmod::import]
static HOST: u32;

fn main() {}
