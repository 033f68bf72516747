//! How far a pool has come with the values of `Lazy`s.

/// Which values have been looked at since the last publication.
pub(super) struct ValuesPass<E> {
    /// What was published, and how instances were assigned to tracks, when it began.
    pub(super) since: Option<(usize, u64, u64)>,
    /// The next page of the roster.
    pub(super) page: usize,
    /// The instances of the page before that are left.
    pub(super) left: Vec<E>,
    /// Whether some could not be looked at, because they were in use.
    pub(super) again: bool,
    pub(super) is_over: bool,
}

impl<E> ValuesPass<E> {
    pub(super) fn new() -> Self {
        ValuesPass {
            since: None,
            page: 0,
            left: Vec::new(),
            again: false,
            is_over: false,
        }
    }
}
