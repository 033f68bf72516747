#[hotmod::interface]
pub trait Room {
    fn say(&mut self, text: &str);
}

#[hotmod::import(module = "chat", instance = "lobby")]
static LOBBY: dyn Room;

fn main() {}
