//! Which versions of other modules call a module, and which modules it calls.

use std::fmt;

use hotmod::printed::lines;
use hotmod_file::WhyInUse;

use crate::module::module::Module;
use crate::uses::register::UsingVersion;

/// A version of a module that calls another one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModuleUse {
    /// The module that calls.
    pub user: String,
    /// Its version.
    pub version: String,
    /// Why that version counts: what it needs is kept for it.
    pub reason: UseReason,
    /// The module that it calls.
    pub of: String,
    /// The functions and interfaces that it calls, by name.
    pub exports: Vec<String>,
}

/// Why a version of a module is given what it needs of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UseReason {
    /// It is the current one.
    Current,
    /// The update that replaced it may be rolled back.
    RollbackTarget,
    /// It is on trial.
    OnTrial,
}

impl fmt::Display for UseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UseReason::Current => "current",
            UseReason::RollbackTarget => "rollback target",
            UseReason::OnTrial => "on trial",
        })
    }
}

/// As `quests 1.0.0 (current) calls arms: damage, strike`.
impl fmt::Display for ModuleUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let ModuleUse {
                user,
                version,
                reason,
                of,
                exports,
            } = self;
            let exports = exports.join(", ");
            write!(f, "{user} {version} ({reason}) calls {of}: {exports}")
        })
    }
}

impl ModuleUse {
    fn new(using: &UsingVersion, why: WhyInUse) -> Self {
        let mut exports: Vec<String> = using.exports.iter().map(|it| it.name()).collect();
        exports.sort_unstable();
        exports.dedup();
        ModuleUse {
            user: using.user.module.clone(),
            version: using.user.version.clone(),
            reason: match why {
                WhyInUse::Current => UseReason::Current,
                WhyInUse::RollbackTarget => UseReason::RollbackTarget,
                WhyInUse::OnTrial => UseReason::OnTrial,
            },
            of: using.user.of.clone(),
            exports,
        }
    }
}

impl<I: ?Sized> Module<I> {
    /// The versions of other modules that call this one and are in use, or may be without an update: no update of
    /// this module leaves one of them without what it needs.
    pub fn users(&self) -> Vec<ModuleUse> {
        let loaded = self.loaded();
        let users = loaded.settings.uses.users(&loaded.name).into_iter();
        users
            .map(|(using, why)| ModuleUse::new(using, why))
            .collect()
    }

    /// The modules that the current version calls.
    pub fn uses(&self) -> Vec<ModuleUse> {
        let loaded = self.loaded();
        let uses = loaded.settings.uses.uses(loaded.current().digest);
        let uses = uses.into_iter();
        uses.map(|using| ModuleUse::new(using, WhyInUse::Current))
            .collect()
    }
}
