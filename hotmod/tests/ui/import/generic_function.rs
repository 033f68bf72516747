#[hotmod::import]
fn broadcast<T>(room: T) -> u32;

fn main() {
    broadcast(1);
}
