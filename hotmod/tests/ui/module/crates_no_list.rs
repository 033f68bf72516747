hotmod::module! { name: "game", version: "1.0.0", crates: common }

fn main() {}
