//! Old values that functions read where no module compiled them.

use hotmod::describe::{Fingerprints, Type};
use hotmod::operations::{Maker, Operations};

use super::Compiler;
use crate::migrate::at;
use crate::migrate::old_form::{ReadForm, WantedForm};
use crate::migrate::program::Mismatch;

impl Compiler<'_> {
    /// How the old value is built that the `with` of a field reads, where no module compiled it.
    pub(super) fn reads(
        &self,
        ty: &Type,
        old: &'static Operations,
        (maker, place): (Maker, usize),
    ) -> Result<Option<ReadForm>, Mismatch> {
        let Some(compile) = self.forms else {
            return Ok(None);
        };
        let manifests = [self.was, self.now].map(|exports| exports.manifest.clone());
        let layouts = manifests.each_ref();
        let layouts = layouts.map(|it| Fingerprints::of(it, ty).layout);
        if layouts[0] == layouts[1] {
            return Ok(None);
        }
        // SAFETY: the field at this place is one that the maker makes by `with`.
        let operations = unsafe { at::reads(maker, place) }.ok_or(Mismatch)?;
        let wanted = WantedForm {
            ty,
            manifests: &manifests,
            from: self.from,
            operations: [old, operations],
        };
        let form = ReadForm::compile(compile, wanted).map_err(|_| Mismatch)?;
        Ok(Some(form))
    }
}
