#[hotmod::import(module = "rooms", pool = "rooms")]
fn say(room: u64, text: &str);

fn main() {
    say(1, "hello");
}
