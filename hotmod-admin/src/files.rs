//! Which files may be named: those in the module directory.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use hotmod::codes;
use hotmod_host::Host;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::time::millis;

/// How many files are listed: the newest.
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

/// The files of the module directory that could be modules, and how many of the oldest are left out where there are many.
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
    let mut newest = BTreeSet::new();
    let mut left_out = 0_u64;
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
        newest.insert((file.modified().ok(), name, file.len()));
        if newest.len() > MOST {
            newest.pop_first();
            left_out += 1;
        }
    }
    let mut files: Vec<_> = newest.into_iter().collect();
    files.sort_by(|a, b| a.1.cmp(&b.1));
    let files = files.into_iter().map(|(modified, name, bytes)| {
        json!({ "file": name, "bytes": bytes, "modified": modified.map(millis) })
    });
    Ok(json!({ "files": files.collect::<Vec<_>>(), "left_out": left_out }))
}

/// Whether a file may be a module by its name: a watch takes up those that end with `.so`, and a candidate that waits beside
/// them has something behind that, as `libgame.so.next`.
fn may_be_one(name: &str) -> bool {
    !name.starts_with('.') && (name.ends_with(".so") || name.contains(".so."))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

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

    #[test]
    fn the_newest_of_many_files_are_listed_and_the_others_counted() {
        const OLDEST: [usize; 3] = [7, 500, 999];
        let folder = tempfile::tempdir().expect("a directory");
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        for number in 0..MOST + 3 {
            let file = File::create(folder.path().join(format!("lib{number:04}.so")));
            let file = file.expect("a file");
            if OLDEST.contains(&number) {
                file.set_modified(long_ago).expect("a time");
            }
        }
        File::create(folder.path().join("notes.txt")).expect("a file");
        let host = Host::builder().module_dir(folder.path()).build();
        let listed = list(&host.expect("a host")).expect("a list");
        assert_eq!(listed["left_out"], 3);
        let files = listed["files"].as_array().expect("files");
        let names: Vec<_> = files.iter().filter_map(|it| it["file"].as_str()).collect();
        let numbers = (0..MOST + 3).filter(|it| !OLDEST.contains(it));
        let expected: Vec<_> = numbers.map(|it| format!("lib{it:04}.so")).collect();
        assert_eq!(names, expected);
    }
}
