#[hotmod::import]
extern "C" fn broadcast(room: u64) -> u32;

fn main() {
    broadcast(1);
}
