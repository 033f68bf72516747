use hotmod::VersionInfo;

hotmod::module! { name: "game", version: "1.0.0" }

#[hotmod::retired]
unsafe fn close(_: &VersionInfo<'_>) {}

fn main() {}
