// All of them get a prefix.
// state: Drone
// then: always

//// before
#[derive(StableState)]
pub struct Drone {
    x: f32,
    y: f32,
    z: f32,
}

//// after
#[derive(StableState)]
pub struct Drone {
    /*+#[state(was = "x")]*/
    pos_x: f32,
    /*+#[state(was = "y")]*/
    pos_y: f32,
    /*+#[state(was = "z")]*/
    pos_z: f32,
}
