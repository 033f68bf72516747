use hotmod::VersionInfo;

hotmod::module! { name: "game", version: "1.0.0" }

#[hotmod::retired]
fn close(_: &VersionInfo<'_>) -> Result<(), String> {
    Ok(())
}

fn main() {}
