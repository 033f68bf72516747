use hotmod_host::Pool;

#[hotmod::interface]
pub trait Room {
    fn guests(&self) -> Vec<String>;
}

fn version(rooms: &Pool<u64, dyn Room>) -> Option<String> {
    rooms.with_shared(&7, |room| room.version().to_owned()).ok()
}

fn main() {}
