#[hotmod::interface]
pub trait Room {
    fn said(&self) -> u32;
}

#[hotmod::import(module = "chat", pool = "rooms")]
static ROOMS: hotmod::Pool<u64, dyn Room>;

fn main() {
    let _ = ROOMS.call_shared(&1, |room| room.said());
}
