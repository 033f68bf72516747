hotmod::module! { name: "game", version: "1.0.0", statics: deny(except = [1, log, Vec<u8>::X]) }

fn main() {}
