use game_interface::Game;
use hotmod_host::Host;
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host = Host::builder().module_dir("target").build()?;
    let file = std::env::args().nth(1).unwrap();
    let game = host.load::<dyn Game>(&file)?;
    let mut world = game.create("seed = 7")?;
    println!("{}", world.hello("ada")?);
    println!("{:?}", world.score(7)?);
    let damage = game.function::<fn(u32, u32) -> u32>("damage")?;
    println!("{}", damage.call(9, 4)?);
    println!("{:?}", damage.call(4, 9));
    println!("{}", damage.call(4, 9).unwrap_err());
    println!(
        "{:?}",
        game.function::<fn(u32, &str) -> u32>("damage")
            .map(drop)
            .unwrap_err()
            .to_string()
    );
    println!(
        "{}",
        game.function::<fn(u32, &str) -> u64>("damage")
            .map(drop)
            .unwrap_err()
    );
    if let Some(next) = std::env::args().nth(2) {
        println!(
            "{:?}",
            game.update(&next).map_err(|e| {
                println!("{e}");
                e
            })
        );
        println!("{}", world.hello("ada")?);
    }
    println!("{:?}", game.update(&file));
    println!("{}", world.hello("ada")?);
    println!("{:?} {:?} {}", host, game.versions(), game.memory());
    drop(world);
    println!("{}", game.memory());
    println!("{:?}", game.create("x").unwrap_err());
    Ok(())
}
