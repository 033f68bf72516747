#[hotmod::resource("game.toml")]
fn config(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "no number".to_owned())
}

fn main() {}
