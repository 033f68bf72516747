// A struct becomes a tuple.
// state: Sonar
// then: always

//// before
#[derive(StableState)]
pub struct Ping {
    at: u64,
    loud: bool,
}
#[derive(StableState)]
pub struct Sonar {
    ping: Ping,
}

//// after
#[derive(StableState)]
pub struct Ping(/*+#[state(was = "at")] */u64, /*+#[state(was = "loud")] */bool);
#[derive(StableState)]
pub struct Sonar {
    ping: Ping,
}
