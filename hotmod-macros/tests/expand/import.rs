/// Sends a text to all who are in a room.
pub fn broadcast(room: u64, text: &str) -> u32;
