#[hotmod::import]
fn broadcast((room, text): (u64, String)) -> u32;

fn main() {
    broadcast((1, String::new()));
}
