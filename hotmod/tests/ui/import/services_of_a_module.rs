#[hotmod::import(module = "combat")]
pub trait Services {
    fn damage(&self, base: u32, armour: u32) -> u32;
}

fn main() {}
