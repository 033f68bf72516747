#[hotmod::every("1s")]
struct Tick;

fn main() {}
