fn world_back(world: &World) -> Result<OldWorld, String> {
    Ok(OldWorld { seed: world.seeds[0] })
}
