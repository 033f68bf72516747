fn new_world(config: &str) -> Result<World, String> {
    Ok(World)
}
