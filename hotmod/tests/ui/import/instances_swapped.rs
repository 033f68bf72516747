#[hotmod::interface]
pub trait Room {
    fn say(&mut self, text: &str);
}

#[hotmod::import(module = "chat", pool = "rooms")]
static ROOMS: hotmod::Pool<u64, dyn Room>;

fn main() {
    let _ = ROOMS.call(&1, |one| {
        let _ = ROOMS.call(&2, |other| {
            std::mem::swap(one, other);
            other.say("hello")
        });
        one.say("hello")
    });
}
