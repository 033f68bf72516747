// One becomes many: a function has to make the list.
// state: Patisserie
// then: refused

//// before
#[derive(StableState)]
pub struct Loaf {
    grams: u32,
}
#[derive(StableState)]
pub struct Patisserie {
    id: u64,
    loaf: Loaf,
}

//// after
#[derive(StableState)]
pub struct Loaf {
    grams: u32,
}
#[derive(StableState)]
pub struct Patisserie {
    id: u64,
    loaves: Vec<Loaf>,
}
