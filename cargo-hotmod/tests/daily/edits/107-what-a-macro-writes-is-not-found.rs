// What a macro writes is not found.
// state: Cinema
// then: refused

//// before
macro_rules! cinema {
    ($($field:tt)*) => {
        #[derive(StableState)]
        pub struct Cinema { $($field)* }
    };
}

cinema! { id: u64, }

//// after
macro_rules! cinema {
    ($($field:tt)*) => {
        #[derive(StableState)]
        pub struct Cinema { $($field)* }
    };
}

cinema! { id: u64, seats: u32, }
