hotmod::module! { name: "game", version: "1.0.0" }

hotmod::module! { name: "other", version: "1.0.0" }

fn main() {}
