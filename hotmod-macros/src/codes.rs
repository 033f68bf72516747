//! The codes of what the macros refuse, as they stand in messages. Their table is in `hotmod`, which this crate cannot see; a
//! test holds these against it.

pub(crate) const ATTRIBUTE_MISPLACED: &str = "HM-0901";
pub(crate) const OPTION_MALFORMED: &str = "HM-0902";
pub(crate) const SIGNATURE_UNCROSSABLE: &str = "HM-0903";
pub(crate) const TYPE_UNCROSSABLE: &str = "HM-0904";
pub(crate) const RECEIVER_UNFIT: &str = "HM-0905";
pub(crate) const MARKED_FUNCTION_UNFIT: &str = "HM-0906";
pub(crate) const INTERFACE_UNFIT: &str = "HM-0907";
pub(crate) const IMPORT_UNFIT: &str = "HM-0908";
pub(crate) const MODULE_ENTRY_UNFIT: &str = "HM-0909";
pub(crate) const STATE_ATTRIBUTE_UNFIT: &str = "HM-0910";
pub(crate) const STATE_TYPE_UNFIT: &str = "HM-0911";
pub(crate) const FOREIGN_TYPE_BOUND: &str = "HM-0912";
pub(crate) const EVOLUTION_ATTRIBUTE_UNFIT: &str = "HM-0913";
