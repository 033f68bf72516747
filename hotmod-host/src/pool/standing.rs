//! Where an instance of a pool stands.

use std::sync::Arc;

use crate::call::slot::Track;
use crate::image::image::Image;
use crate::module::instance::{InstanceState, TriedVersion};

/// Where an instance stands: what it follows, which version it is at, and which one it could not be
/// taken to.
#[derive(Clone)]
pub(super) struct Standing {
    pub(super) track: Arc<Track>,
    pub(super) at: &'static Image,
    pub(super) stuck: Option<TriedVersion>,
    /// The number of the assignment by which the track was chosen.
    pub(super) assignment: u64,
}

impl Standing {
    /// The standing of an instance whose track was chosen by this assignment.
    pub(super) fn of(state: &InstanceState, assignment: u64) -> Self {
        Standing {
            track: state.track().clone(),
            at: state.at(),
            stuck: state.tried(),
            assignment,
        }
    }

    /// Whether the instance still has this standing.
    pub(super) fn holds(&self, state: &InstanceState) -> bool {
        self.is_at(state.at())
            && Arc::ptr_eq(&self.track, state.track())
            && self.stuck == state.tried()
    }

    /// Whether the instance waits to be taken along: its track is to be chosen again, or leads to a version
    /// that it was not tried with yet.
    pub(super) fn waits(&self, assignment: u64) -> bool {
        self.assignment != assignment || !self.is_at(self.target()) && !self.was_tried()
    }

    /// Whether it was tried with the version that its track leads to, and did not fit.
    pub(super) fn is_stuck(&self) -> bool {
        !self.is_at(self.target()) && self.was_tried()
    }

    fn target(&self) -> &'static Image {
        self.track.current().image
    }

    pub(super) fn is_at(&self, image: &Image) -> bool {
        std::ptr::eq(self.at, image)
    }

    fn was_tried(&self) -> bool {
        self.stuck
            .is_some_and(|tried| tried.is_still(self.target()))
    }
}

impl PartialEq for Standing {
    fn eq(&self, other: &Self) -> bool {
        self.assignment == other.assignment
            && self.is_at(other.at)
            && Arc::ptr_eq(&self.track, &other.track)
            && self.stuck == other.stuck
    }
}
