use hotmod::VersionInfo;

hotmod::module! { name: "game", version: "1.0.0" }

#[hotmod::loaded]
fn set_up<T>(_: &VersionInfo<'_>) -> Result<(), T> {
    Ok(())
}

fn main() {}
