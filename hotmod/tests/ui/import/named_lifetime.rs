#[hotmod::import]
fn broadcast<'a>(room: u64, text: &'a str) -> u32;

fn main() {
    broadcast(1, "all");
}
