//! Which files may be named: those in the module directory.

use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use hotmod::codes;
use hotmod_host::Host;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::time::millis;

/// How many files are listed.
const MOST: usize = 1000;

fn directory(host: &Host) -> Result<&Path, Fault> {
    host.module_dir().ok_or_else(|| {
        Fault::new(
            StatusCode::CONFLICT,
            codes::NO_MODULE_DIRECTORY,
            "this host has no module directory (`HostBuilder::module_dir`), and files are taken from nowhere else",
        )
    })
}

/// A name that a request gives for a file, if it is one that lies in the module directory by what it says. Where links
/// lead, the host sees to when it opens it.
pub(crate) fn named<'n>(host: &Host, name: &'n str) -> Result<&'n Path, Fault> {
    directory(host)?;
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
        return Err(Fault::bad(
            codes::FILE_OUTSIDE,
            "the file is named by its name in the module directory, without any directory",
        ));
    }
    Ok(Path::new(name))
}

/// The files of the module directory that could be modules.
pub(crate) fn list(host: &Host) -> Result<Value, Fault> {
    let directory = directory(host)?;
    let unreadable = |error: std::io::Error| {
        let message = format!("the module directory: {error}");
        Fault::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            codes::DIRECTORY_UNREADABLE,
            message,
        )
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        // Followed: a file may be a link. What is no plain file is none, and is not opened.
        let Ok(file) = fs::metadata(entry.path()) else {
            continue;
        };
        if !may_be_one(&name) || !file.is_file() {
            continue;
        }
        files.push((name, file.len(), file.modified().ok()));
        if files.len() == MOST {
            break;
        }
    }
    files.sort();
    let files = files.into_iter().map(|(name, bytes, modified)| {
        json!({ "file": name, "bytes": bytes, "modified": modified.map(millis) })
    });
    Ok(json!({ "files": files.collect::<Vec<_>>() }))
}

/// Whether a file may be a module by its name: a watch takes up those that end with `.so`, and a candidate that waits beside
/// them has something behind that, as `libgame.so.next`.
fn may_be_one(name: &str) -> bool {
    !name.starts_with('.') && (name.ends_with(".so") || name.contains(".so."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_that_wait_beside_what_is_watched_are_listed() {
        let directory = tempfile::tempdir().expect("a directory");
        for name in ["b.so.next", "a.so", ".c.so", "notes.txt", "so"] {
            fs::write(directory.path().join(name), "").expect("a file");
        }
        let host = Host::builder().module_dir(directory.path()).build();
        let files = list(&host.expect("a host")).expect("a list");
        let files = files["files"].as_array().expect("a list").iter();
        let names: Vec<&str> = files.filter_map(|it| it["file"].as_str()).collect();
        assert_eq!(names, ["a.so", "b.so.next"]);
    }

    #[test]
    fn a_name_says_no_directory() {
        let folder = std::env::temp_dir();
        let host = Host::builder().module_dir(folder).build().expect("a host");
        assert!(named(&host, "libgame.so").is_ok());
        for name in [
            "",
            "/",
            ".",
            "..",
            "../a.so",
            "a/../b.so",
            "/etc/passwd",
            "a/b.so",
            "./a.so",
            "a.so/",
            "a\0.so",
            "/dev/zero",
            "a.so/.",
        ] {
            let refused = named(&host, name).expect_err(name);
            assert_eq!(refused.code.name(), "file-outside", "{name}");
        }
        let nowhere = Host::builder().build().expect("a host");
        assert_eq!(
            named(&nowhere, "a.so").expect_err("none").code.name(),
            "no-module-directory"
        );
    }
}
