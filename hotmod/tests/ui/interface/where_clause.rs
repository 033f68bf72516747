#[hotmod::interface]
pub trait Game
where
    Self: Sized,
{
    fn hello(&self) -> u32;
}

fn main() {}
