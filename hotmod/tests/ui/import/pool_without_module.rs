#[hotmod::interface]
pub trait Room {
    fn say(&mut self, text: &str);
}

#[hotmod::import(pool = "rooms")]
static ROOMS: hotmod::Pool<u64, dyn Room>;

fn main() {
    let _ = ROOMS.call(&1, |room| room.say("hello"));
}
