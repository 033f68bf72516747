use hotmod_host::{Pool, PoolError};

#[hotmod::interface]
pub trait Room {
    fn guests(&self) -> Vec<String>;
}

fn guests(rooms: &Pool<u64, dyn Room>) -> Result<Vec<String>, PoolError> {
    rooms.call_shared(&7, |room| room.guests())
}

fn main() {}
