hotmod::module! {}

fn main() {}
