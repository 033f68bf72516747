struct World;

#[hotmod::every("1s")]
fn tick(world: &mut World) {
    let _ = world;
}

fn main() {}
