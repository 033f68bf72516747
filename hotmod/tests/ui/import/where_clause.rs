#[hotmod::import]
fn broadcast(room: u64) -> u32
where
    u64: Copy;

fn main() {
    broadcast(1);
}
