hotmod::module! { name: "game" }

fn main() {}
