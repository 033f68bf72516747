hotmod::module! { name: "game", version: "1.0.0", statics }

fn main() {}
