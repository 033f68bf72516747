hotmod::module! { name: , version: "1.0.0" }

fn main() {}
