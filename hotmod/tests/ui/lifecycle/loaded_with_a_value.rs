use hotmod::VersionInfo;

hotmod::module! { name: "game", version: "1.0.0" }

#[hotmod::loaded]
fn set_up(_: &VersionInfo<'_>) -> Result<u32, String> {
    Ok(7)
}

fn main() {}
