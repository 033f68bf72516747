//! A host that offers its own symbols to whatever it loads.

use std::process::Command;

use hotmod_tests::fixture;

#[test]
fn a_module_is_not_led_to_the_hosts_symbols() {
    let output = Command::new(env!("CARGO_BIN_EXE_rdynamic_host"))
        .arg(fixture::build("counter"))
        .arg(fixture::build("calls"))
        .arg(fixture::build("relay"))
        .output()
        .expect("the host");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {complained}", output.status);
    assert_eq!(said.trim(), "all symbols were the module's own");
}
