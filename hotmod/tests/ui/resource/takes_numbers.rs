#[hotmod::resource("game.toml")]
fn config(numbers: &[u32]) -> Result<usize, String> {
    Ok(numbers.len())
}

fn main() {}
