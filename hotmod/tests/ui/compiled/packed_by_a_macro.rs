use hotmod::StableState;

macro_rules! packet {
    ($name:ident { $($field:ident: $ty:ty),* }) => {
        #[derive(StableState)]
        #[repr(C, packed(2))]
        struct $name {
            $($field: $ty),*
        }
    };
}

packet! { Header { length: u32, kind: u16 } }

fn main() {}
