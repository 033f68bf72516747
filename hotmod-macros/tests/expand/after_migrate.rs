fn is_seeded(world: &World, from: &VersionInfo<'_>) -> Result<(), String> {
    check(world, from)
}
