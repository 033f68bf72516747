use hotmod::VersionInfo;

hotmod::module! { name: "game", version: "1.0.0" }

#[hotmod::loaded]
async fn set_up<T>(_: VersionInfo<'_>) {}

#[hotmod::retired]
fn close(_: &VersionInfo<'_>, _: u32) -> u32 {
    7
}

fn main() {}
