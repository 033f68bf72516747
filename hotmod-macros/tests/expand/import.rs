/// Sends a text to everybody in a room.
pub fn broadcast(room: u64, text: &str) -> u32;
