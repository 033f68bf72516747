#[derive(hotmod::StableState)]
struct Player {
    name: String,
}

#[hotmod::export(pure)]
fn player(name: &str) -> Vec<Player> {
    vec![Player {
        name: name.to_owned(),
    }]
}

fn main() {}
