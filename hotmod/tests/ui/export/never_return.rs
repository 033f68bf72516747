#![allow(unused_variables)]

#[hotmod::export]
pub fn stop() -> ! {
    panic!()
}

fn main() {}
