#[state(meaning = 2)]
pub struct World {
    players: HashMap<u64, Player>,
    #[state(default = 60)]
    tick_rate: u32,
}
