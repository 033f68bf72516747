hotmod::module! { name: "game", version: "1.0.0", statics: forbid }

fn main() {}
