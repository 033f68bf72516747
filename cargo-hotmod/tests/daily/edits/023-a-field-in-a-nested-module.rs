// A field in a nested module.
// state: Wharf
// then: always

//// before
#[derive(StableState)]
pub struct Wharf {
    crane: deep::Crane,
}

pub mod deep {
    use hotmod::StableState;

    #[derive(StableState)]
    pub struct Crane {
        reach: u32,
    }
}

//// after
#[derive(StableState)]
pub struct Wharf {
    crane: deep::Crane,
}

pub mod deep {
    use hotmod::StableState;

    #[derive(StableState)]
    pub struct Crane {
        reach: u32,
        /*+#[state(default)]*/
        load: u32,
    }
}
