hotmod::module! { name: "game", version: "1.0.0", statics: deny(log) }

fn main() {}
