//! Old values that no module compiled, built into a form that one did, for the functions that read them.

use std::ptr::NonNull;
use std::sync::Arc;

use hotmod::describe::{Description, Type};
use hotmod::operations::Operations;

use super::block::free;
use super::deep::on_deep_stack;
use super::failure::Failure;
use super::reached::is_deep;
use crate::image::memory::Memory;

/// Builds old values into the form that a module compiled.
pub(crate) trait OldForm: Send + Sync {
    /// Builds one, in a block of its own.
    ///
    /// # Safety
    ///
    /// A value is there of the operations that this was compiled for. What it refers to stays as it is, and belongs to
    /// nothing, until this returns.
    unsafe fn build(&self, old: *const u8, memory: &'static Memory)
    -> Result<NonNull<u8>, Failure>;
}

/// Compiles that, or says why it cannot be.
pub(crate) type CompileForm = fn(WantedForm<'_>) -> Result<Arc<dyn OldForm>, String>;

/// What a function asks for: a value of a type that is the same in two descriptions, that of the version which the old
/// value is of, and that of the module which reads it or of the form which its source kept.
#[cfg_attr(
    not(feature = "snapshot"),
    expect(
        dead_code,
        reason = "only what a restore reads was compiled by no module"
    )
)]
pub(crate) struct WantedForm<'w> {
    pub(crate) ty: &'w Type,
    pub(crate) manifests: &'w [Arc<Description>; 2],
    /// The version of the old value.
    pub(crate) from: &'static str,
    /// The operations on both sides.
    pub(crate) operations: [&'static Operations; 2],
}

/// How values of such a form are built, and dropped again.
#[derive(Clone)]
pub(super) struct ReadForm {
    form: Arc<dyn OldForm>,
    operations: &'static Operations,
    /// Whether a value may be as deep as its data is.
    is_deep: bool,
}

impl ReadForm {
    pub(super) fn compile(compile: CompileForm, wanted: WantedForm<'_>) -> Result<Self, String> {
        let [_, operations] = wanted.operations;
        let is_deep = is_deep(&wanted.manifests[1].types, [wanted.ty]);
        Ok(ReadForm {
            form: compile(wanted)?,
            operations,
            is_deep,
        })
    }

    /// Builds a value.
    ///
    /// # Safety
    ///
    /// As for [`OldForm::build`].
    pub(super) unsafe fn build(
        &self,
        old: *const u8,
        memory: &'static Memory,
    ) -> Result<BuiltValue, Failure> {
        // SAFETY: the caller's.
        let value = unsafe { self.form.build(old, memory) }?;
        Ok(BuiltValue {
            value,
            memory,
            form: self.clone(),
        })
    }

    /// Whether it is the same form, and not one that only looks so.
    pub(super) fn is(&self, other: &ReadForm) -> bool {
        Arc::ptr_eq(&self.form, &other.form)
    }
}

/// A value that was built, in a block of its own. It is lent to a function, and dropped with this.
pub(super) struct BuiltValue {
    value: NonNull<u8>,
    memory: &'static Memory,
    form: ReadForm,
}

impl BuiltValue {
    /// Where it is, until this is dropped.
    pub(super) fn as_non_null(&self) -> NonNull<u8> {
        self.value
    }

    /// Whether it is of this form.
    pub(super) fn is_of(&self, form: &ReadForm) -> bool {
        self.form.is(form)
    }
}

impl Drop for BuiltValue {
    fn drop(&mut self) {
        let operations = self.form.operations;
        let value = self.value.as_ptr();
        let drop_it = || {
            // SAFETY: the value was built by these operations, and the function that it was lent to has returned. If a
            // destructor panics, the rest of the value is leaked.
            let _: u8 = unsafe { (operations.drop)(value) };
        };
        match self.form.is_deep {
            true => on_deep_stack(drop_it),
            false => drop_it(),
        }
        // SAFETY: the block was made for it by this memory, and nothing of it is left in there.
        unsafe { free(self.memory, operations, self.value) };
    }
}
