#[hotmod::import]
fn motto(room: u64) -> &str;

fn main() {}
