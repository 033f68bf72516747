use hotmod_host::Host;

fn main() {
    let market = Host::builder().build().unwrap().load_untyped("market").unwrap();
    let fill = market.async_function::<fn(&mut Vec<u8>)>("fill").unwrap();
    let mut bytes = Vec::new();
    let call = fill.call(&mut bytes);
    bytes.push(1);
    drop(call);
}
