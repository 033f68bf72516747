#[hotmod::interface]
pub trait Game {
    #[cfg(unix)]
    fn dump(&self) -> String;
    fn hello(&self) -> u32;
}

fn main() {}
