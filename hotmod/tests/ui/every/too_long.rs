#[hotmod::every("721h")]
fn tick() {}

#[hotmod::every("99999999999999999999h")]
fn tock() {}

fn main() {}
