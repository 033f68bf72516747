//! The version of a module, as the user's functions are told of it.

use abi_stable::StableAbi;
use abi_stable::std_types::RStr;

/// A version of a module: where a migrated state comes from, or what was loaded or retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VersionInfo<'a> {
    /// The name of the module.
    pub module: &'a str,
    /// The version.
    pub version: &'a str,
}

/// A [`VersionInfo`] as it crosses from the host.
#[derive(Clone, Copy, Debug, StableAbi)]
#[repr(C)]
pub struct VersionWire<'a> {
    /// The module.
    pub module: RStr<'a>,
    /// Its version.
    pub version: RStr<'a>,
}

impl<'a> VersionWire<'a> {
    /// This version of this module.
    pub fn new(module: &'a str, version: &'a str) -> Self {
        VersionWire {
            module: module.into(),
            version: version.into(),
        }
    }

    pub(crate) fn info(self) -> VersionInfo<'a> {
        VersionInfo {
            module: self.module.as_str(),
            version: self.version.as_str(),
        }
    }
}
