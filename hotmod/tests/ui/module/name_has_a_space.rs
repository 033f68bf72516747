hotmod::module! { name: "my game", version: "1.0.0" }

fn main() {}
