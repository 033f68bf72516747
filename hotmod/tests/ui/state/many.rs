use hotmod::StableState;

#[derive(StableState)]
#[state(id = "my world", size = 3)]
struct World<'a> {
    name: &'a str,
    #[state(rename = "old")]
    rule: fn(u32) -> u32,
    log: Box<dyn Fn(u32)>,
    raw: *mut u8,
}

fn main() {}
