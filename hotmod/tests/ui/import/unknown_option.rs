#[hotmod::import(name = "broadcast")]
fn broadcast(room: u64) -> u32;

fn main() {
    broadcast(1);
}
