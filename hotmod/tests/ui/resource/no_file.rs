#[hotmod::resource]
fn config(bytes: &[u8]) -> Result<usize, String> {
    Ok(bytes.len())
}

fn main() {}
