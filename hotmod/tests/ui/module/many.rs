hotmod::module! { name: "my game", name: "other", author: "ada" }

fn main() {}
