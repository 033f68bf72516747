hotmod::module! { name: "game", version: "one" }

fn main() {}
