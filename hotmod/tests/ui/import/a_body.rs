#[hotmod::import]
fn broadcast(room: u64, text: &str) -> u32 {
    text.len() as u32
}

fn main() {
    broadcast(1, "all");
}
