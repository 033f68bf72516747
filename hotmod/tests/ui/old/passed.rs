use hotmod::OldState;

#[derive(OldState)]
struct OldPlayer {
    name: String,
}

#[hotmod::export]
pub fn greet(player: &OldPlayer) -> String {
    player.name.clone()
}

fn main() {}
