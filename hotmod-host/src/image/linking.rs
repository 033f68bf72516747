//! link: every symbol of a manifest is resolved, and what the module imports is left in its places. The same for a
//! file that was mapped and for a module of the executable.

use std::sync::Arc;

use hotmod::describe::Rule;
use hotmod_file::{Inspected, Reason, Refusal, RefusalStage};

use crate::image::code::Symbols;
use crate::image::exports::{self, Exports, Unresolved};
use crate::image::import::{Connect, Imports, NotGiven};
use crate::image::memory::Memory;
use crate::image::others::{OtherModules, UsingModule};
use crate::image::places::ImportPlaces;

/// A candidate whose code is there.
pub(crate) struct Linking<'a> {
    pub(crate) symbols: Symbols<'a>,
    pub(crate) candidate: &'a Inspected,
    pub(crate) places: ImportPlaces,
}

/// What a host gives to its modules.
pub(crate) struct Gives<'a> {
    pub(crate) imports: &'a Imports,
    pub(crate) connect: Connect,
    pub(crate) others: &'a Arc<dyn OtherModules>,
}

impl Linking<'_> {
    /// Resolves the symbols, and gives the module the functions that its host provides, and the ways to other modules,
    /// before it is initialised.
    pub(crate) fn bind(
        &self,
        memory: &'static Memory,
        gives: &Gives<'_>,
    ) -> Result<Exports, Refusal> {
        let manifest = self.candidate.shared_manifest();
        let exports = Exports::resolve(manifest, self.symbols).map_err(|it| self.refuse(it))?;
        let places = exports::places(&exports, self.symbols).map_err(|it| self.refuse(it))?;
        for (name, places) in places {
            // SAFETY: these are the places for this import, which the records that name them were compared
            // with.
            let given = unsafe {
                let module = (&exports, memory);
                let places = (places.as_slice(), self.places);
                gives.imports.give(name, places, module, gives.connect)
            };
            let found = match given {
                Ok(()) => continue,
                Err(NotGiven::Missing) => "one that does not",
                Err(NotGiven::Other) => "one that provides another",
            };
            // The comparison found a function for each import that is not optional.
            let reason = Reason {
                what: &format!("import {name}()"),
                expected: "a host that provides it, as was compared",
                found,
                help: "this is a bug in hotmod; please report it",
            };
            let refuse =
                self.candidate
                    .refuse_because(RefusalStage::Load, Rule::ImportMissing, reason);
            return Err(refuse);
        }
        let others = exports::places_for_others(&exports, self.symbols);
        let instances = exports::places_for_instances(&exports, self.symbols);
        let using = UsingModule {
            module: &self.candidate.build().module,
            version: &self.candidate.build().version,
            digest: self.candidate.digest(),
            manifest: &exports.manifest,
            functions: others.map_err(|it| self.refuse(it))?,
            instances: instances.map_err(|it| self.refuse(it))?,
            places: self.places,
        };
        // SAFETY: these are the places for what the manifest says is needed of others.
        unsafe { gives.others.give(using) };
        Ok(exports)
    }

    /// Compares the forms that the module's functions make with the types that it was compiled with. It has to be
    /// initialised.
    pub(crate) fn confirm(&self, exports: &Exports) -> Result<(), Refusal> {
        exports::confirm_forms(exports).map_err(|(name, found)| {
            self.candidate.refuse_because(
                RefusalStage::Prepare,
                Rule::ManifestDamaged,
                Reason {
                    what: &format!("what `{name}` returns"),
                    expected: "a form that holds one type under each id",
                    found: &found,
                    help: "let it hold one form of each type, or give one of them another id",
                },
            )
        })
    }

    pub(crate) fn other(&self, what: &str, expected: &str, found: &str) -> Refusal {
        let help = "this is a bug in hotmod or an unusual loader; please report it";
        let reason = Reason {
            what,
            expected,
            found,
            help,
        };
        self.candidate
            .refuse_because(RefusalStage::Load, Rule::OtherImage, reason)
    }

    pub(crate) fn refuse(&self, unresolved: Unresolved) -> Refusal {
        let reason = Reason {
            what: &unresolved.what,
            expected: &unresolved.expected,
            found: &unresolved.found,
            help: "build the module again",
        };
        let refusal = self
            .candidate
            .refuse_because(RefusalStage::Load, unresolved.rule, reason);
        match unresolved.source {
            Some(source) => refusal.caused_by(source),
            None => refusal,
        }
    }
}
