//! What is found at an address.

/// A function that runs at an address; there are several at one where functions were inlined.
#[derive(Debug, Default)]
pub(crate) struct FunctionAt {
    pub(crate) name: Option<String>,
    /// The file, line and column of what runs in it.
    pub(crate) place: Option<(String, u32, u32)>,
}
