fn world(old: &Old<'_>) -> Result<World, String> {
    Ok(World { seed: *old.get::<u64>("seed")? })
}
