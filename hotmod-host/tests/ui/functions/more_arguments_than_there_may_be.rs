use hotmod_host::Host;

fn main() {
    let game = Host::builder().build().unwrap().load_untyped("game").unwrap();
    let _ = game.function::<fn(u8, u8, u8, u8, u8, u8, u8, u8, u8)>("damage");
}
