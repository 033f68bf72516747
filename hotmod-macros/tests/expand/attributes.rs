#[state(was = "Realm", removed("motd", "rules"))]
struct World {
    #[state(default)]
    new: u32,
    #[state(was = "older", checked)]
    renamed: u8,
    #[state(fill = 7)]
    grown: [u8; 4],
    #[state(with = text)]
    converted: String,
    #[state(skip, init = Cache::new)]
    transient: Cache,
    #[state(unsafe(opaque))]
    foreign: rand::SmallRng<'static, [u8; 4]>,
    #[state(unsafe(opaque), snapshot = ByLetter)]
    coded: rand::SmallRng,
    #[state(unsafe(opaque, with = text))]
    known: String,
}
