#![allow(unused_variables, dead_code)]
type Version = hotmod::VersionInfo<'static>;

#[hotmod::loaded]
pub fn setup(version: &Version) -> Result<(), String> {
    Ok(())
}

fn main() {}
