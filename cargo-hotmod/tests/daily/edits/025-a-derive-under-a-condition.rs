// A derive under a condition.
// state: Zoo
// then: always

//// before
#[cfg_attr(all(), derive(StableState))]
pub struct Zoo {
    id: u64,
}

//// after
#[cfg_attr(all(), derive(StableState))]
#[cfg_attr(all(), allow(dead_code))]
pub struct Zoo {
    id: u64,
    #[cfg(all())]
    /*+#[state(default)]*/
    apes: u8,
}
