fn set_up(version: &VersionInfo<'_>) -> Result<(), String> {
    logger(version.version)
}
