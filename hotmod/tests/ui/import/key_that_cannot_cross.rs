#[hotmod::interface]
pub trait Room {
    fn say(&mut self, text: &str);
}

#[derive(Clone)]
struct Door;

#[hotmod::import(module = "chat", pool = "rooms")]
static ROOMS: hotmod::Pool<Door, dyn Room>;

fn main() {
    let _ = ROOMS.call(&Door, |room| room.say("hello"));
}
