//! What is said of a module beforehand, from what a host wrote down, held against what the host then does.

use std::path::Path;

use hotmod_host::describe::Difference;
use hotmod_host::{
    Comparison, Expectations, HostBuilder, Module, Refusal, Untyped, UpdateReport, inspect,
};

/// What CI has of such a host: what it wrote, read again.
#[must_use]
pub fn written(builder: &HostBuilder) -> Expectations {
    let host = builder.clone().build().expect("a host");
    let bytes = host.expectations().to_bytes().expect("a file");
    let written = Expectations::from_bytes(&bytes).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(written, host.expectations());
    written
}

/// Loads a module, and compares what comes of it with what was said beforehand.
///
/// # Errors
///
/// As the host refuses it.
pub fn load(builder: &HostBuilder, file: &Path) -> Result<Module<Untyped>, Refusal> {
    let written = written(builder);
    let said = written.compare(&inspect(file)?);
    let host = builder.clone().build().expect("a host");
    let loaded = host.load_untyped(file);
    assert_eq!(refusing(&said), reasons(&loaded), "{}", file.display());
    loaded
}

/// Updates a module that was loaded from `was`, and compares what comes of it with what was said beforehand.
///
/// # Errors
///
/// As the host refuses it.
pub fn update(
    builder: &HostBuilder,
    module: &Module<Untyped>,
    (was, now): (&Path, &Path),
) -> Result<UpdateReport, Refusal> {
    let written = written(builder);
    let (was, candidate) = (inspect(was)?, inspect(now)?);
    let comparison = Comparison::new(&was, &candidate).host(&written);
    let said = comparison.policy(written.policy().clone()).update();
    let updated = module.update(now);
    assert_eq!(refusing(&said), reasons(&updated), "{}", now.display());
    if let Ok(report) = &updated {
        assert_eq!(report.differences, said, "{}", now.display());
    }
    updated
}

fn refusing(differences: &[Difference]) -> Vec<String> {
    let refusing = differences.iter().filter(|it| it.rule.refuses());
    refusing.map(Difference::to_string).collect()
}

fn reasons<T>(outcome: &Result<T, Refusal>) -> Vec<String> {
    let refusal = outcome.as_ref().err();
    refusal.map_or_else(Vec::new, |refusal| refusing(refusal.differences()))
}
