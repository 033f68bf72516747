#[hotmod::task]
struct Feed;

fn main() {}
