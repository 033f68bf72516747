use hotmod::VersionInfo;

hotmod::module! { name: "game", version: "1.0.0" }

#[hotmod::loaded]
fn set_up(_: &VersionInfo<'_>) -> Result<(), String> {
    Ok(())
}

#[hotmod::loaded]
fn set_up_more(_: &VersionInfo<'_>) -> Result<(), String> {
    Ok(())
}

fn main() {}
