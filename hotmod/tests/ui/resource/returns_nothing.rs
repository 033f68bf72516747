#[hotmod::resource("game.toml")]
fn config(_: &[u8]) {}

fn main() {}
