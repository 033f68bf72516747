hotmod::module! { name: 7, version: "1.0.0" }

fn main() {}
