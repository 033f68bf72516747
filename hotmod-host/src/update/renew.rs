//! renew: the file of a resource that a module reads has changed.

use std::path::Path;

use crate::call::reading::{self, Unreadable};
use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::module::module::Module;
use crate::update::recorded;

/// What came of giving a version what a file of its holds now.
pub(crate) struct Renewed {
    pub(crate) version: String,
    /// `Err` if it makes no value of it, and keeps the one that it has.
    pub(crate) outcome: Result<(), Unreadable>,
}

impl<I: ?Sized> Module<I> {
    /// Whether the version that runs, or that is on trial, reads this file.
    pub(crate) fn reads(&self, file: &str) -> bool {
        let mut images = images(self);
        images.any(|image| image.exports().resources.contains_key(file))
    }

    /// Has the version that runs, and that on trial, make a value of what a file holds now, and says what came of it for
    /// those that read it, if it holds something else.
    pub(crate) fn renew(&self, file: &str, path: &Path) -> Vec<Renewed> {
        let loaded = self.loaded();
        // This thread is in no update, and so gets it.
        let Ok(_turn) = loaded.turn(path) else {
            return Vec::new();
        };
        let read = || loaded.settings.read_file(file);
        let mut renewed = Vec::new();
        for image in images(self) {
            let called = loaded.history().linked_with_nothing(image);
            let outcome = match reading::renew(called, file, &read) {
                Ok(None) => continue,
                Ok(Some(read)) => {
                    recorded::keep_read(&loaded.settings, image, &read);
                    Ok(())
                }
                Err(fault) => Err(fault),
            };
            let version = image.version.clone();
            renewed.push(Renewed { version, outcome });
        }
        renewed
    }

    /// Tells that a version keeps the value that it has of a file.
    pub(crate) fn tell_unreadable(&self, file: &str, version: &str, fault: &Unreadable) {
        let loaded = self.loaded();
        let mut progress = Progress::new(&loaded.settings.events, &loaded.name, version);
        progress.to(version);
        let Unreadable { what, help } = fault;
        let reason = format!("{}: {what}\n  help: {help}", reading::path(file));
        progress.reaches_because(UpdateState::ResourceRefused, &reason);
    }
}

/// The versions that a file is given to: the one that runs, and the one on trial.
fn images<I: ?Sized>(module: &Module<I>) -> impl Iterator<Item = &'static Image> + use<I> {
    let loaded = module.loaded();
    let trial = loaded.history().trial.as_ref().map(|it| it.image());
    [Some(loaded.current()), trial].into_iter().flatten()
}
