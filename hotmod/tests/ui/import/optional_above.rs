#[hotmod::optional]
#[hotmod::import]
fn broadcast(room: u64, text: &str) -> u32;

fn main() {
    broadcast(1, "hello");
}
