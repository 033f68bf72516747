//! Errors of calls and of hosts, each with the code whose page names it.

use hotmod::codes;
use hotmod_host::{CallError, Host};
use hotmod_tests::fixture::{BASE, Family};

const SHARING: &str = r#"
hotmod::module! { name: "sharing", version: "1.0.0" }

#[hotmod::export]
pub fn share(total: u32, count: u32) -> u32 {
    total / count
}
"#;

#[test]
fn panicked() {
    let file = Family::written("sharing", SHARING.to_owned())
        .build()
        .file(BASE);
    let host = Host::builder().build().expect("a host");
    let module = host
        .load_untyped(file)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let share = module
        .function::<fn(u32, u32) -> u32>("share")
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(share.call(7, 2), Ok(3));
    let error = share.call(7, 0).expect_err("a panic");
    assert!(matches!(error, CallError::Panicked(_)), "{error}");
    assert_eq!(error.code(), codes::CALL_PANICKED);
    let said = error.to_string();
    assert!(
        said.ends_with("attempt to divide by zero [HM-0501]"),
        "{said}"
    );
}

#[test]
fn no_directory() {
    let error = Host::builder()
        .module_dir("/is/nowhere")
        .build()
        .expect_err("no directory");
    assert_eq!(error.code(), codes::DIRECTORY_UNUSABLE);
    let said = error.to_string();
    assert!(said.ends_with(" [HM-0642]"), "{said}");
}
