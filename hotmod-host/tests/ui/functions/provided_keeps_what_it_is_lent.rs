use std::sync::Mutex;

static KEPT: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

type Text = &'static str;

fn main() {
    let host = hotmod_host::Host::builder();
    host.provide("keep", |text: Text| KEPT.lock().unwrap().push(text));
}
