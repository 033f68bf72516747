#[hotmod::resource("game.toml")]
fn config(bytes: &[u8]) -> usize {
    bytes.len()
}

fn main() {}
