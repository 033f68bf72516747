#[hotmod::interface]
pub trait Game {
    unsafe fn hello(&self, name: &str) -> String;
}

fn main() {}
