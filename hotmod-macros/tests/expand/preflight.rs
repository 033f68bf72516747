fn a_tick_passes(world: &mut World) -> Result<(), String> {
    world.tick()
}
