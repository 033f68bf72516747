use hotmod_host::Host;

fn main() {
    let market = Host::builder().build().unwrap().load_untyped("market").unwrap();
    let quote = market.async_function::<fn(&str) -> Option<f64>>("quote").unwrap();
    let call = {
        let symbol = "ACME".to_owned();
        quote.call(&symbol)
    };
    drop(call);
}
