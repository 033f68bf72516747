hotmod::module! { name: "game", version: "1.0.0", author: "ada" }

fn main() {}
