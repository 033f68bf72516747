#![allow(unused_variables)]

#[derive(hotmod::StableState)]
struct Secret {
    code: u32,
}

#[hotmod::export(pure)]
fn guess(first: Secret, second: &Secret, third: Option<Secret>) -> Secret {
    first
}

fn main() {}
