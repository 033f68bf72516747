#![deny(unsafe_code)]

use hotmod::StableState;

#[derive(StableState)]
enum World {
    Was {
        #[state(unsafe(opaque, with = name))]
        name: String,
    },
}

fn name(old: &std::fmt::Alignment) -> String {
    format!("{old:?}")
}

fn main() {}
