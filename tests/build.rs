//! Links one of the hosts as no server should be, and some are.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Its symbols are offered to every library that it loads.
    println!("cargo::rustc-link-arg-bin=rdynamic_host=-rdynamic");
}
