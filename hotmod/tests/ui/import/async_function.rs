#[hotmod::import]
async fn broadcast(room: u64) -> u32;

fn main() {
    let _ = broadcast(1);
}
