#[cfg(feature = "configured")]
pub(crate) fn config(bytes: &[u8]) -> Result<Config, toml::de::Error> {
    toml::from_slice(bytes)
}
