#[hotmod::export]
fn scores(scores: (u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8)) -> u8 {
    scores.0
}

fn main() {}
