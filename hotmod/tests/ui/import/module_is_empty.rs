#[hotmod::import(module = "")]
fn damage(base: u32, armour: u32) -> u32;

fn main() {
    damage(1, 2);
}
