#[hotmod::interface]
pub trait Game<T> {
    fn hello(&self) -> u32;
}

fn main() {}
