hotmod::module! { name: "game", version: "1.0.0", linked: true }

fn main() {}
