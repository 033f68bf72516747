use hotmod::StableState;

#[derive(StableState)]
#[state(removed_variant("Gone" => "Left"))]
enum World {
    Left,
}

fn main() {}
