struct Player;

#[derive(hotmod::OldState)]
#[state(id = "World")]
struct OldWorld<T> {
    players: Vec<(T, Player)>,
}

fn main() {}
