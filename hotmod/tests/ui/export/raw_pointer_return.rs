#![allow(unused_variables)]

#[hotmod::export]
pub fn damage(base: u32) -> *const u8 {
    std::ptr::null()
}

fn main() {}
