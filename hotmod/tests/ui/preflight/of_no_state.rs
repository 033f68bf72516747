struct World;

#[hotmod::preflight]
fn tick(_world: &mut World) -> Result<(), String> {
    Ok(())
}

fn main() {}
