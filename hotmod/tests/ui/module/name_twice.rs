hotmod::module! { name: "game", name: "other", version: "1.0.0" }

fn main() {}
