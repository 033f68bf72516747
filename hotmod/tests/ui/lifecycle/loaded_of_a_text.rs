use hotmod::VersionInfo;

hotmod::module! { name: "game", version: "1.0.0" }

#[hotmod::loaded]
fn set_up(_: &str) -> Result<(), String> {
    Ok(())
}

#[hotmod::retired]
fn close(_: &VersionInfo<'_>) {}

fn main() {}
