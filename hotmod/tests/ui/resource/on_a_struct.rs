#[hotmod::resource("game.toml")]
struct Config;

fn main() {}
