use hotmod::StableState;

#[derive(StableState)]
struct World {
    ticks: u64,
}

#[hotmod::every("1s")]
fn tick(world: World) {
    let _ = world;
}

#[hotmod::every("1s")]
fn look(world: &World) {
    let _ = world;
}

#[hotmod::every("1s")]
fn two(world: &mut World, times: u32) {
    let _ = (world, times);
}

fn main() {}
