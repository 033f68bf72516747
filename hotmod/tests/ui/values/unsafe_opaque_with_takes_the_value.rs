use hotmod::StableState;

#[derive(StableState)]
struct World {
    #[state(unsafe(opaque, with = name))]
    name: String,
}

fn name(old: std::process::ExitStatus) -> String {
    old.to_string()
}

fn main() {}
