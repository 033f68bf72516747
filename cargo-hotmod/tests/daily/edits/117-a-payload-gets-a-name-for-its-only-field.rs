// A payload gets a name for its only field.
// state: Canvas
// then: always

//// before
#[derive(StableState)]
pub enum Figure {
    Round(f32),
    Empty,
}
#[derive(StableState)]
pub struct Canvas {
    figure: Figure,
}

//// after
#[derive(StableState)]
pub enum Figure {
    Round {
        /*+#[state(was = "0")]*/
        radius: f32,
    },
    Empty,
}
#[derive(StableState)]
pub struct Canvas {
    figure: Figure,
}
