#![allow(unused_variables)]

#[hotmod::export(name = "damage")]
pub async unsafe fn damage<'a, T>(base: &'a T, log: fn(u32), (x, y): (u32, u32)) -> &'static str
where
    T: Copy,
{
    ""
}

fn main() {}
