//! Which linker a file was made by. Each but GNU's `ld` names itself in what it writes.

use object::{Object, ObjectSection};

/// The name of the one that is known by its not naming itself.
pub(super) const GNU: &str = "GNU ld";

/// As `LLD 22.1.2`; `None` where the file does not say what it was made by.
pub(super) fn linker_of(file: &[u8]) -> Option<String> {
    let file = object::File::parse(file).ok()?;
    if file.section_by_name(".note.gnu.gold-version").is_some() {
        return Some("gold".to_owned());
    }
    let comment = file.section_by_name(".comment")?.uncompressed_data().ok()?;
    let makers = || {
        comment
            .split(|byte| *byte == 0)
            .filter_map(|it| str::from_utf8(it).ok())
    };
    let named = makers().find_map(|it| {
        it.strip_prefix("Linker: ")
            .or_else(|| it.starts_with("mold ").then_some(it))
    });
    match named {
        // In parentheses it says where it was built, or what it can stand for.
        Some(named) => Some(named.split(" (").next().unwrap_or(named).to_owned()),
        None if makers().any(|it| it.starts_with("rustc ")) => Some(GNU.to_owned()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    /// What is said of a library that this linker makes: `None` where there is no such linker.
    fn said(linker: &str) -> Option<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let (source, built) = (folder.path().join("it.rs"), folder.path().join("it.so"));
        fs::write(&source, "").expect("a file");
        let found = Command::new(format!("ld.{linker}")).arg("-v").output();
        found.ok().filter(|it| it.status.success())?;
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.args([
            "--crate-type=cdylib",
            "-Clink-self-contained=-linker",
            "-Cstrip=symbols",
        ]);
        rustc.arg(format!("-Clink-arg=-fuse-ld={linker}"));
        let output = rustc.arg(&source).arg("-o").arg(&built).output();
        let output = output.expect("a compiler");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        linker_of(&fs::read(built).expect("a library"))
    }

    #[test]
    fn each_linker_is_known_by_what_it_writes() {
        assert_eq!(said("bfd").as_deref(), Some(GNU));
        for (linker, name) in [("gold", "gold"), ("lld", "LLD"), ("mold", "mold")] {
            if let Some(said) = said(linker) {
                assert!(said.starts_with(name), "{linker}: {said}");
            }
        }
        let own = fs::read(std::env::current_exe().expect("this program")).expect("a file");
        assert!(linker_of(&own).is_some());
        assert_eq!(linker_of(b"no library"), None);
    }
}
