use hotmod::StableState;

bitflags::bitflags! {
    #[derive(StableState)]
    pub struct Flags: u32 {
        const READY = 1;
    }
}

fn main() {}
