//! The version that a build has to have: that of what it replaces, or a newer one.

use semver::Version;

/// What a version is raised to where it is older than what runs; `None` if it is not.
pub(super) fn raised(was: &str, now: &str) -> Option<String> {
    let (was, now) = (Version::parse(was).ok()?, Version::parse(now).ok()?);
    let next = Version::new(was.major, was.minor, was.patch + 1);
    (now < was).then(|| next.to_string())
}

/// A manifest with another version, and the rest of it byte for byte; `None` if it has none of its own.
pub(super) fn with_version(manifest: &str, version: &str) -> Option<String> {
    let parsed = toml_edit::Document::parse(manifest).ok()?;
    let table = parsed.as_table();
    let workspace = table.get("workspace").and_then(|it| it.get("package"));
    let tables = [table.get("package"), workspace].into_iter().flatten();
    let versions = tables.filter_map(|it| it.get("version"));
    let span = versions.filter(|it| it.is_str()).find_map(|it| it.span())?;
    let mut text = manifest.to_owned();
    text.replace_range(span, &format!("{version:?}"));
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_raised_above_what_runs_if_it_is_older() {
        assert_eq!(raised("1.2.3", "1.2.2"), Some("1.2.4".to_owned()));
        assert_eq!(raised("1.2.3", "1.3.0-alpha"), None);
        assert_eq!(raised("1.2.3", "1.2.3"), None);
        assert_eq!(raised("1.2.3", "next"), None);
    }

    #[test]
    fn a_manifest_keeps_all_but_its_version() {
        for (manifest, version) in [
            (
                "[package]\nname = \"game\"  # a game\nversion   = \"1.0.0\" # old\n",
                "1.0.0",
            ),
            (
                "[workspace]\nmembers = []\n\n[workspace.package]\nversion = '1.0.0'\n",
                "1.0.0",
            ),
        ] {
            let raised = with_version(manifest, "1.0.1").expect("a version");
            let expected = manifest.replace('\'', "\"").replace(version, "1.0.1");
            assert_eq!(raised, expected);
        }
        assert_eq!(
            with_version("[package]\nversion.workspace = true\n", "1.0.1"),
            None
        );
        assert_eq!(with_version("[package", "1.0.1"), None);
    }
}
