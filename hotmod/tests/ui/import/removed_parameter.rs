#[hotmod::import]
#[hotmod(removed("loud"))]
fn broadcast(room: u64, text: &str) -> u32;

fn main() {
    broadcast(1, "hello");
}
