#[hotmod::import(stand_in = "tests::broadcast")]
fn broadcast(room: u64) -> u32;

fn main() {
    broadcast(1);
}
