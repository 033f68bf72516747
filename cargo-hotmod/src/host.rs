//! A host that is asked about, by what it wrote down of itself, and whether it loads a module.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::Args;
use hotmod::printed::Line;
use hotmod_file::describe::Verdict;
use hotmod_file::plan::Survival;
use hotmod_file::{Compared, Expectations, Inspected};
use serde::{Serialize, Serializer};

use crate::json;
use crate::lists;
use crate::lock;
use crate::others::Others;
use crate::output::{Exit, Failure, explained};

/// Which host is asked about.
#[derive(Args)]
pub(crate) struct OfHost {
    /// Compare as this host does: the file that it wrote of what it was compiled with
    /// (`Host::expectations`), or the lock of that file
    #[arg(long, value_name = "DESCRIPTION")]
    host: Option<PathBuf>,
}

impl OfHost {
    pub(crate) fn read(&self) -> Result<Option<HostFile>, Failure> {
        let Some(path) = self.host.as_deref() else {
            return Ok(None);
        };
        Ok(Some(HostFile {
            path: path.to_owned(),
            expectations: lock::read_host(path)?,
        }))
    }
}

/// What a host wrote down.
pub(crate) struct HostFile {
    path: PathBuf,
    pub(crate) expectations: Expectations,
}

impl HostFile {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn json(&self) -> json::JsonHost<'_> {
        json::JsonHost::of(&self.path, self.expectations.build())
    }
}

/// Whether a host loads a module, of which nothing runs yet.
pub(crate) struct Loadable<'a> {
    pub(crate) host: Option<&'a HostFile>,
    /// The modules that run beside, if the question is about them.
    pub(crate) others: Option<&'a Others>,
    pub(crate) module: &'a Inspected,
    pub(crate) compared: Compared,
}

impl Loadable<'_> {
    fn verdict(&self) -> Verdict {
        Verdict::of(&self.compared.differences)
    }

    pub(crate) fn exit(&self) -> Exit {
        match self.verdict() {
            Verdict::Refuse => Exit::Refused,
            Verdict::Adopt | Verdict::Migrate => Exit::Yes,
        }
    }
}

impl fmt::Display for Loadable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suits = match self.verdict() {
            Verdict::Refuse => "does not suit",
            Verdict::Adopt | Verdict::Migrate => "suits",
        };
        write!(
            f,
            "{}: module `{}` {} ({}) {suits} ",
            self.verdict().as_str(),
            self.module.build().module,
            self.module.build().version,
            Line(self.module.file().display()),
        )?;
        match self.host {
            Some(host) => write!(f, "the host of {}", Line(host.path.display()))?,
            None => f.write_str("a host")?,
        }
        if let Some(others) = self.others {
            write!(f, ", {others}")?;
        }
        let all = &self.compared.differences;
        let mut refusing = all.iter().filter(|it| it.rule.refuses());
        refusing.try_for_each(|it| lists::list(f, it))?;
        let refused = self.verdict() == Verdict::Refuse;
        lists::allowed(f, all.iter(), refused)?;
        if !refused {
            lists::call_costs(f, &self.compared.call_costs)?;
        }
        lists::not_held_against(f, self.others, self.module.manifest())?;
        let refusing = all.iter().filter(|it| it.rule.refuses());
        explained(f, refusing.map(|it| it.rule.code()))
    }
}

impl Serialize for Loadable<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A module that is loaded first has no state yet.
        let survival = Survival::of(self.verdict(), &[]);
        json::JsonComparison {
            verdict: self.verdict().as_str(),
            survives: survival.as_str(),
            conditions: Vec::new(),
            old: None,
            new: Some(json::JsonBuild::of(self.module)),
            host: self.host.map(HostFile::json),
            others: self.others.map(Others::json),
            differences: (self.compared.differences.iter())
                .map(json::JsonChange::of)
                .collect(),
            costs: Vec::new(),
            call_costs: match self.verdict() {
                Verdict::Refuse => Vec::new(),
                _ => json::JsonCost::all(&self.compared.call_costs),
            },
            preparations: Vec::new(),
            lossless: false,
            statics_seen: self.module.statics().seen().is_some(),
        }
        .serialize(serializer)
    }
}
