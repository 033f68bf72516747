use hotmod::VersionInfo;

hotmod::module! { name: "game", version: "1.0.0" }

#[hotmod::loaded]
async fn set_up(_: &VersionInfo<'_>) -> Result<(), String> {
    Ok(())
}

fn main() {}
