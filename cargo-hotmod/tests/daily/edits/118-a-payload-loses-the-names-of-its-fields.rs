// A payload loses the names of its fields.
// state: Turtle
// then: always

//// before
#[derive(StableState)]
pub enum Step {
    Move { x: i32, y: i32 },
    Stay,
}
#[derive(StableState)]
pub struct Turtle {
    last: Step,
}

//// after
#[derive(StableState)]
pub enum Step {
    Move(/*+#[state(was = "x")] */i32, /*+#[state(was = "y")] */i32),
    Stay,
}
#[derive(StableState)]
pub struct Turtle {
    last: Step,
}
