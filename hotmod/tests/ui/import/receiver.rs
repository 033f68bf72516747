struct World;

impl World {
    #[hotmod::import]
    fn broadcast(&self, room: u64) -> u32;
}

fn main() {}
