#[state(id = "World", meaning = 2)]
struct OldWorld {
    seed: u64,
    parts: Vec<OldPart>,
}
