use hotmod::OldState;

#[derive(OldState)]
enum OldMood {
    #[state(was = "Quiet")]
    Calm,
}

fn main() {}
