fn tick(world: &mut World) {
    world.ticks += 1;
}
