#[hotmod::interface]
pub trait Game {
    fn hello(&self, name: *const u8) -> String;
}

fn main() {}
