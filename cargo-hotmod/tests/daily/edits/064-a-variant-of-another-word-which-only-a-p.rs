// A variant of another word, which only a person would see.
// state: Newsroom
// then: always

//// before
#[derive(StableState)]
pub enum Mood {
    Calm,
    Busy,
}
#[derive(StableState)]
pub struct Newsroom {
    mood: Mood,
}

//// after
#[derive(StableState)]
pub enum Mood {
    /*+#[state(was = "Calm")]*/
    Relaxed,
    Busy,
}
#[derive(StableState)]
pub struct Newsroom {
    mood: Mood,
}
